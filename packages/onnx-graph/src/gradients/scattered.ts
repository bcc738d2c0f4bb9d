import type { Tensor } from '../tensor.js';

/** Numbers added to zeros along an axis: what was added, and where. */
export interface Scattered {
  readonly indices: Tensor;
  readonly updates: Tensor;
}

/** How `tensor` was made, if by adding to zeros along `axis`, with updates of its own sizes along the others. */
export function scattered({ source, shape }: Tensor, axis: number): Scattered | undefined {
  if (source.kind !== 'node' || source.node.op !== 'ScatterElements') return undefined;
  const [data, indices, updates] = source.node.inputs as [Tensor, Tensor, Tensor];
  const fits = updates.shape.every((size, i) => i === axis || size === shape[i]);
  const { attributes } = source.node;
  const adds = attributes['axis'] === axis && attributes['reduction'] === 'add';
  return adds && fits && isZeros(data) ? { indices, updates } : undefined;
}

function isZeros({ source }: Tensor): boolean {
  if (source.kind === 'constant') return Array.from(source.value.data as ArrayLike<number>).every(x => Number(x) === 0);
  return source.kind === 'node' && source.node.op === 'Expand' && isZeros(source.node.inputs[0]!);
}
