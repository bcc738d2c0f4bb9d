/** Sizes of a tensor's dimensions, outermost first. */
export type Shape = readonly number[];

/** Number of elements of a tensor of this shape; 1 for a scalar. */
export function elementCount(shape: Shape): number {
  // sizes from a damaged file can multiply to infinity, which times 0 is not a number
  return shape.includes(0) ? 0 : shape.reduce((count, size) => count * size, 1);
}

/** Element steps between neighbours in each dimension of a row-major tensor. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** True when both shapes have the same sizes in the same order. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** A shape as messages show it, such as `[2, 3]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}
