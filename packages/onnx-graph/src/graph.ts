import { MiniGPT4Error } from '@minigpt4/core';
import { sameDims } from './dims.js';
import type { Node } from './node.js';
import type { Tensor } from './tensor.js';

/** A finished graph: what goes in, what comes out, and the nodes between in an order that can be run. */
export interface Graph {
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
  /** Unique readable name of each node: module path, op, and a number where that is taken. */
  readonly names: ReadonlyMap<Node, string>;
}

/**
 * Nodes needed for `outputs`, each after the nodes it needs; `arranged` says which of a node's inputs come first, and
 * defaults to their own order. Iterative: a 40-layer model is deeper than the call stack likes.
 */
export function topologicalOrder(
  outputs: Iterable<Tensor>,
  arranged = (inputs: readonly Tensor[]): readonly Tensor[] => inputs,
): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  const stack: Node[] = [];
  const push = (tensor: Tensor) => {
    if (tensor.source.kind === 'node' && !state.has(tensor.source.node)) stack.push(tensor.source.node);
  };
  for (const output of outputs) {
    push(output);
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      if (state.get(node) === undefined) {
        state.set(node, 'open');
        for (const tensor of arranged(node.inputs).toReversed()) push(tensor);
        continue;
      }
      stack.pop();
      if (state.get(node) === 'done') continue;
      state.set(node, 'done');
      order.push(node);
    }
  }
  return order;
}

function nameNodes(nodes: readonly Node[]): Map<Node, string> {
  const taken = new Map<string, number>();
  return new Map(
    nodes.map(node => {
      const base = `${node.scope}/${node.op}`;
      const count = taken.get(base) ?? 0;
      taken.set(base, count + 1);
      return [node, count === 0 ? base : `${base}_${count}`];
    }),
  );
}

/**
 * Collects the graph behind named outputs.
 *
 * @throws `DUPLICATE_NAME` when two different inputs or parameters share a name, or one of them and an output
 */
export function graph(outputs: Readonly<Record<string, Tensor>>): Graph {
  const nodes = topologicalOrder(Object.values(outputs));
  const inputs = new Map<string, Tensor>();
  const parameters = new Map<string, Tensor>();
  const leaves = [...nodes.flatMap(node => node.inputs), ...Object.values(outputs)];
  for (const tensor of leaves) {
    const { source } = tensor;
    if (source.kind !== 'input' && source.kind !== 'parameter') continue;
    const named = source.kind === 'input' ? inputs : parameters;
    const other = inputs.get(source.name) ?? parameters.get(source.name);
    if (other !== undefined && other.source !== source && !sameParameter(other, tensor)) {
      throw new MiniGPT4Error(
        'DUPLICATE_NAME',
        `graph: two tensors share a name, expected one "${source.name}", got a second of another kind or shape. Rename one.`,
      );
    }
    if (other === undefined) named.set(source.name, tensor);
  }
  for (const name of Object.keys(outputs)) {
    if (!inputs.has(name) && !parameters.has(name)) continue;
    throw new MiniGPT4Error(
      'DUPLICATE_NAME',
      `graph: an output is named like what goes in, expected a name of its own, got "${name}" twice. Rename the output.`,
    );
  }
  return { inputs, parameters, outputs: new Map(Object.entries(outputs)), nodes, names: nameNodes(nodes) };
}

function sameParameter(a: Tensor, b: Tensor): boolean {
  const parameters = a.source.kind === 'parameter' && b.source.kind === 'parameter';
  return parameters && a.dtype === b.dtype && sameDims(a.shape, b.shape);
}
