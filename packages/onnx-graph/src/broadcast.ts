import { MiniGPT4Error } from '@minigpt4/core';
import { formatShape, type Dim, type SymbolicShape } from './dims.js';
import type { Tensor } from './tensor.js';

/** The shape two operands have together by numpy's rules. @throws `SHAPE_MISMATCH` naming `where` and both shapes. */
export function broadcastShapes(a: SymbolicShape, b: SymbolicShape, where: string): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `${where}: shapes do not broadcast, expected equal sizes or 1, got ${formatShape(a)} and ${formatShape(b)}. Reshape or expand one of them.`,
    );
  });
}

/** The axes of `shape` along which an operand of shape `from` was repeated to become `shape`. */
export function broadcastAxes(from: SymbolicShape, shape: SymbolicShape): number[] {
  const missing = shape.length - from.length;
  return shape.flatMap((size, axis) => (axis < missing || (from[axis - missing] === 1 && size !== 1) ? [axis] : []));
}

/** Undoes a broadcast: a tensor of a shape that `shape` broadcasts to, summed over the repetitions back to `shape`. */
export function sumToShape(tensor: Tensor, shape: SymbolicShape): Tensor {
  const missing = tensor.rank - shape.length;
  const axes = broadcastAxes(shape, tensor.shape);
  const inner = axes.filter(axis => axis >= missing).map(axis => axis - missing);
  return tensor.sum(axes.filter(axis => axis < missing)).sum(inner, true);
}
