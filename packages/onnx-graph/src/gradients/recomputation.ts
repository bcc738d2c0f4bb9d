import type { Node } from '../node.js';
import { atScope } from '../scope.js';
import { applyAll, int64, Tensor } from '../tensor.js';
import { isFloat } from './rule.js';

/**
 * `tensor` itself without a copy, but not before `other` is there: it is given its own shape by a vector that `other`
 * must exist for. Otherwise an engine would compute what comes of it at once, or merge it with equal nodes.
 */
export function after(tensor: Tensor, other: Tensor): Tensor {
  if (tensor.rank === 0) return tensor;
  const sizes = other.shapeAtRun();
  const same = other.rank === tensor.rank && other.shape.every((size, axis) => size === tensor.shape[axis]);
  // where a shape is told, 0 copies the size that is there
  const vector = same ? sizes : sizes.slice(0, 0, 0).concat([int64(tensor.shape.map(() => 0))], 0);
  return applyAll('Reshape', [tensor, new Tensor('int64', [tensor.rank], vector.source, tensor.shape)])[0]!;
}

/** Makes tensors of the forward pass again during the backward pass, from those that are kept, each at most once. */
export class Recomputation {
  private readonly nodes = new Map<Node, readonly Tensor[]>();
  private readonly delayed = new Map<Node, Tensor[]>();

  /** `isMadeAgain` says which tensors are not kept. */
  constructor(private readonly isMadeAgain: (tensor: Tensor) => boolean) {}

  /** What gradient nodes read for `tensor`: itself, or the same made again once the gradient `arriving` is there. */
  available(tensor: Tensor, arriving: Tensor): Tensor {
    const { source } = tensor;
    if (source.kind !== 'node' || !this.isMadeAgain(tensor)) return tensor;
    return this.outputs(source.node, arriving)[source.output]!;
  }

  private outputs(node: Node, arriving: Tensor): readonly Tensor[] {
    const known = this.nodes.get(node);
    if (known !== undefined) return known;
    const inputs = node.inputs.map(tensor => this.available(tensor, arriving));
    const waits = inputs.some((tensor, i) => tensor !== node.inputs[i]);
    const first = inputs.findIndex(({ dtype, source }) => isFloat(dtype) && source.kind === 'node');
    if (!waits && first >= 0) inputs[first] = this.delay(inputs[first]!, arriving);
    const made = atScope(`/again${node.scope}`, () => applyAll(node.op, inputs, node.attributes));
    this.nodes.set(node, made);
    return made;
  }

  private delay(tensor: Tensor, arriving: Tensor): Tensor {
    const { node, output } = tensor.source as { node: Node; output: number };
    const outputs = this.delayed.get(node) ?? [];
    outputs[output] ??= after(tensor, arriving);
    this.delayed.set(node, outputs);
    return outputs[output];
  }
}
