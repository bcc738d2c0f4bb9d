import type { Graph } from '../graph.js';
import type { Node } from '../node.js';
import type { Tensor } from '../tensor.js';

/** Whether a node is x · W or x · Wᵀ of float32 numbers, with a matrix W that is a parameter. */
export function isPlainProduct({ op, inputs, attributes }: Node): boolean {
  if (op !== 'MatMul' && op !== 'FusedMatMul') return false;
  const { alpha = 1, transA = 0, transBatchA = 0, transBatchB = 0 } = attributes;
  return alpha === 1 && transA === 0 && transBatchA === 0 && transBatchB === 0 && isMatrix(inputs[1]!);
}

/**
 * Names of a graph's weights that can be held as whole numbers: float32 matrices (outputs, inputs) that are nothing but
 * the right factors of products x · Wᵀ, and of x · W as the way back through those has them.
 */
export function productMatrices({ nodes, outputs }: Graph): string[] {
  const matrices = new Set<string>();
  const others = new Set([...outputs.values()].map(name));
  for (const node of nodes) {
    const isProduct = isPlainProduct(node);
    node.inputs.forEach((tensor, i) => {
      if (tensor.source.kind !== 'parameter') return;
      (isProduct && i === 1 ? matrices : others).add(tensor.source.name);
    });
  }
  return [...matrices].filter(matrix => !others.has(matrix));
}

function isMatrix({ source, dtype, rank }: Tensor): boolean {
  return source.kind === 'parameter' && dtype === 'float32' && rank === 2;
}

function name({ source }: Tensor): string {
  return source.kind === 'parameter' ? source.name : '';
}
