import { MiniGPT4Error, type HostTensor } from '@minigpt4/core';
import { sumToShape } from './broadcast.js';
import { formatShape, sameDims } from './dims.js';
import { gradientRules } from './gradient-rules.js';
import { Recomputation } from './gradients/recomputation.js';
import { isFloat, noGradient, zerosLike } from './gradients/rule.js';
import { topologicalOrder } from './graph.js';
import type { Node } from './node.js';
import { atScope } from './scope.js';
import { outputsOf, scalar, type Tensor } from './tensor.js';

/** Options of {@link gradients}. */
export interface GradientOptions {
  /** The gradient at the output, of its shape. Defaults to ones, which gives the gradient of the sum. */
  readonly seed?: Tensor;
  /**
   * Which tensors the backward pass computes again, from those before them that it does not, instead of keeping them in
   * memory since the forward pass. Gradients stay the same. It takes effect where sizes are symbolic: an engine merges
   * what it can work out beforehand. Defaults to none.
   */
  readonly recompute?: (tensor: Tensor) => boolean;
}

/**
 * The gradients of `output` at each of `withRespectTo` (inputs, parameters or anything computed on the way), in order
 * and in their shapes: reverse-mode differentiation by the rule table. Only nodes between those and the output get
 * gradient nodes, so weights that are not asked for cost nothing. New nodes are named after the node they come from,
 * under `/gradient`.
 *
 * @throws `NO_PATH` when a tensor does not influence the output (a zero gradient would hide a wiring mistake),
 * `NO_GRADIENT` when an op on the way has no rule, and `SHAPE_MISMATCH` for a seed of another shape
 */
export function gradients(
  output: Tensor,
  withRespectTo: readonly Tensor[],
  { seed = onesLike(output), recompute = () => false }: GradientOptions = {},
): Tensor[] {
  requireSeed(output, seed);
  const order = topologicalOrder([output]);
  const identity = identities(order);
  const influenced = influencedBy(withRespectTo, order, identity);
  const found = new Map([[identity(output), seed]]);
  const nodes = order.toReversed().filter(node => node.inputs.some(influenced));
  const forward = new Recomputation(tensor => influenced(tensor) && recompute(tensor));

  for (const node of nodes) {
    const outputs = outputsOf(node);
    if (!outputs.some(tensor => found.has(identity(tensor)))) continue;
    atScope(`/gradient${node.scope}`, () => {
      const arriving = outputs.map(tensor => found.get(identity(tensor)) ?? zerosLike(tensor));
      for (const [tensor, gradient] of inputGradients(node, arriving, { influenced, forward })) {
        const sum = found.get(identity(tensor))?.add(gradient) ?? gradient;
        found.set(identity(tensor), sum);
      }
    });
  }
  return withRespectTo.map(tensor => (influenced(output) && found.get(identity(tensor))) || noPath(output, tensor));
}

interface Walk {
  readonly influenced: (tensor: Tensor) => boolean;
  readonly forward: Recomputation;
}

/** The gradients that one node passes on to those of its inputs that are asked for. */
function inputGradients(node: Node, arriving: readonly Tensor[], walk: Walk): [Tensor, Tensor][] {
  const { inputs, attributes } = node;
  const available = (tensor: Tensor) => walk.forward.available(tensor, arriving[0]!);
  const where = `${node.scope}/${node.op}`;
  const rule = gradientRules[node.op];
  if (rule === undefined)
    throw noGradient(where, 'this op has no gradient rule, expected one in gradients. Add it, or stop before it.');
  const makers = rule({
    inputs: inputs.map(available),
    outputs: outputsOf(node).map(available),
    attributes,
    gradients: arriving,
    where,
  });
  return inputs.flatMap((tensor, i): [Tensor, Tensor][] => {
    if (!walk.influenced(tensor)) return [];
    const make = makers[i];
    if (make === undefined) {
      throw noGradient(
        where,
        `input ${i} of this op has no gradient, got one that depends on what is differentiated. Hold it constant.`,
      );
    }
    return [[tensor, fitted(make(), tensor, where)]];
  });
}

/** A gradient summed back to the shape of the tensor it belongs to. */
function fitted(gradient: Tensor, { dtype, shape }: Tensor, where: string): Tensor {
  const summed = sumToShape(gradient, shape);
  if (sameDims(summed.shape, shape) && summed.dtype === dtype) return summed;
  throw new MiniGPT4Error(
    'SHAPE_MISMATCH',
    `${where}: gradient does not fit its input, expected ${dtype} ${formatShape(shape)}, got ${summed.dtype} ${formatShape(summed.shape)}. Correct the gradient rule of this op.`,
  );
}

type Identity = string | HostTensor;

/** Tells apart the values in a graph: two tensor objects may stand for one output, input or parameter. */
function identities(order: readonly Node[]): (tensor: Tensor) => Identity {
  const numbers = new Map(order.map((node, i) => [node, i]));
  return ({ source }) => {
    if (source.kind === 'constant') return source.value;
    return source.kind === 'node'
      ? `node ${numbers.get(source.node)} ${source.output}`
      : `${source.kind} ${source.name}`;
  };
}

/** Whether a tensor is one of `origins`, or is computed from one through floating-point numbers alone. */
function influencedBy(
  origins: readonly Tensor[],
  order: readonly Node[],
  identity: (tensor: Tensor) => Identity,
): (tensor: Tensor) => boolean {
  const wanted = new Set(origins.map(identity));
  const reached = new Set<Node>();
  const influenced = (tensor: Tensor) => {
    const { dtype, source } = tensor;
    return isFloat(dtype) && (wanted.has(identity(tensor)) || (source.kind === 'node' && reached.has(source.node)));
  };
  for (const node of order) if (node.inputs.some(influenced)) reached.add(node);
  return influenced;
}

function onesLike(tensor: Tensor): Tensor {
  const one = scalar(1, tensor.dtype);
  return tensor.rank === 0 ? one : atScope('/gradient', () => one.expand(tensor.shape, tensor));
}

function requireSeed(output: Tensor, seed: Tensor): void {
  if (sameDims(seed.shape, output.shape) && seed.dtype === output.dtype) return;
  throw new MiniGPT4Error(
    'SHAPE_MISMATCH',
    `gradients: seed does not fit, expected ${output.dtype} ${formatShape(output.shape)} like the output, got ${seed.dtype} ${formatShape(seed.shape)}. Pass one of its shape.`,
  );
}

function noPath(output: Tensor, { source, dtype, shape }: Tensor): never {
  const name =
    source.kind === 'node'
      ? `the output of ${source.node.scope}/${source.node.op}`
      : source.kind === 'constant'
        ? 'a constant'
        : `${source.kind} "${source.name}"`;
  throw new MiniGPT4Error(
    'NO_PATH',
    `gradients: the output does not depend on a tensor, expected a differentiable path from ${name}, ${dtype} ${formatShape(shape)}, to the output ${formatShape(output.shape)}, got none. Check the wiring, or leave it out.`,
  );
}
