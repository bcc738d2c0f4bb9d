import { topologicalOrder, type Graph } from '../graph.js';
import type { Node } from '../node.js';
import type { Tensor } from '../tensor.js';

/**
 * The nodes of a graph in the order in which they take the least memory: of a node's inputs the one with the longest
 * history is made first, so that short ones (a weight to be unpacked, a sigmoid for a gradient) are made right before
 * their use; of the outputs the one with the shortest, so that what only a loss needs is free before the backward pass.
 */
export function executionOrder({ nodes, outputs }: Graph): Node[] {
  const heights = new Map<Node, number>();
  const height = ({ source }: Tensor) => (source.kind === 'node' ? heights.get(source.node)! : 0);
  for (const node of nodes) heights.set(node, 1 + Math.max(0, ...node.inputs.map(height)));
  const shortestFirst = [...outputs.values()].sort((a, b) => height(a) - height(b));
  return topologicalOrder(shortestFirst, inputs => inputs.toSorted((a, b) => height(b) - height(a)));
}
