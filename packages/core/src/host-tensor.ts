import { allocate, type DType, type DTypeArrays } from './dtype.js';
import { MiniGPT4Error } from './errors.js';
import { toFloat32 } from './half.js';
import { elementCount, formatShape, type Shape } from './shape.js';

/** A tensor in JavaScript memory: row-major elements and their shape. */
export interface HostTensor<K extends DType = DType> {
  readonly dtype: K;
  readonly shape: Shape;
  readonly data: DTypeArrays[K];
}

/** A host tensor over `data`, which is not copied. @throws `SHAPE_MISMATCH` when shape and length disagree. */
export function hostTensor<K extends DType>(dtype: K, shape: Shape, data: DTypeArrays[K]): HostTensor<K> {
  const expected = elementCount(shape);
  if (data.length !== expected || !shape.every(size => Number.isInteger(size) && size >= 0)) {
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `hostTensor: wrong number of elements, expected ${expected} for shape ${formatShape(shape)}, got ${data.length}. Pass whole sizes and an array of that many elements.`,
    );
  }
  return { dtype, shape, data };
}

/** A zero-filled host tensor. */
export function zeros<K extends DType>(dtype: K, shape: Shape): HostTensor<K> {
  return { dtype, shape, data: allocate(dtype, elementCount(shape)) };
}

/** The tensor's values as float32; the same data, uncopied, when it already is. */
export function asFloat32(tensor: HostTensor): Float32Array {
  return toFloat32(tensor.dtype, tensor.data);
}
