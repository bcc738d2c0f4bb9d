import type { DType } from '@minigpt4/core';

/** A storage class such as `torch.HalfStorage`: stands for the type of its elements. */
export class StorageType {
  readonly dtype: DType;

  constructor(dtype: DType) {
    this.dtype = dtype;
  }
}

/** A storage that a pickle refers to; its bytes lie outside the pickle. */
export class PickledStorage {
  readonly dtype: DType;
  /** Names the storage within the file. */
  readonly key: string;
  /** Elements in the whole storage. */
  readonly count: number;
  /** Elements before the part that is meant; 0 but for storage views of the legacy format. */
  readonly viewOffset: number;

  constructor({ dtype, key, count, viewOffset }: PickledStorage) {
    this.dtype = dtype;
    this.key = key;
    this.count = count;
    this.viewOffset = viewOffset;
  }
}

/** A tensor that a pickle describes: a strided window on a storage, all in elements. */
export class PickledTensor {
  readonly storage: PickledStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor({ storage, offset, shape, strides }: PickledTensor) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** A whole number of at least 0 that is exact in a double, from the numbers of a pickle. @throws an `Error` saying what was expected. */
export function toIndex(value: unknown, what: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`expected a whole number for ${what}, got ${typeof number === 'number' ? number : 'another value'}`);
}
