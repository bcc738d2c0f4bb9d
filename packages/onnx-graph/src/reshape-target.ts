import type { SymbolicShape } from './dims.js';

/**
 * How a reshape of `from` to `to` is told to ONNX: 0 copies the size at the same place, −1 is the one size that follows
 * from the others, and symbolic sizes that are left must be read at run time from tensors of the shapes `known`.
 */
export function reshapeTarget(from: SymbolicShape, to: SymbolicShape, known: readonly SymbolicShape[]): SymbolicShape {
  const coded = to.map((size, i) => (typeof size === 'string' && size === from[i] ? 0 : size));
  const open = coded.filter(size => typeof size === 'string');
  if (open.length === 0 || to.includes(-1)) return coded;
  const unknown = open.find(size => !known.some(shape => shape.includes(size)));
  const rest = open.length === 1 ? open[0] : unknown;
  return rest === undefined ? to : coded.map(size => (size === rest ? -1 : size));
}
