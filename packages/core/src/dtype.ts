import { MiniGPT4Error } from './errors.js';

/** Element types a tensor can have, in memory and in files. */
export type DType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'bool';

/** The typed array that holds elements of each type; half floats are held as their bits. */
export interface DTypeArrays {
  float64: Float64Array;
  float32: Float32Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  bool: Uint8Array;
}

/** Any of the typed arrays of {@link DTypeArrays}. */
export type TensorData = DTypeArrays[DType];

const arrays: { [K in DType]: new (buffer: ArrayBufferLike, offset: number, length: number) => DTypeArrays[K] } = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

const byteSizes: Record<DType, number> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** Bytes one element takes. */
export function byteSize(dtype: DType): number {
  return byteSizes[dtype];
}

/**
 * The bytes seen as elements of `dtype`, without a copy where alignment allows it.
 * @throws `BYTE_LENGTH` when they are no whole number of elements.
 */
export function viewAs<K extends DType>(bytes: Uint8Array, dtype: K): DTypeArrays[K] {
  const size = byteSizes[dtype];
  if (bytes.byteLength % size !== 0) {
    throw new MiniGPT4Error(
      'BYTE_LENGTH',
      `viewAs: not a whole number of ${dtype} elements, expected a multiple of ${size} bytes, got ${bytes.byteLength}. Pass all bytes of the tensor.`,
    );
  }
  // the constructor copies; slice of a Buffer would not
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new arrays[dtype](aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

/** A zero-filled array of `length` elements. */
export function allocate<K extends DType>(dtype: K, length: number): DTypeArrays[K] {
  return new arrays[dtype](new ArrayBuffer(length * byteSizes[dtype]), 0, length);
}
