import { byteSize, elementCount, MiniGPT4Error } from '@minigpt4/core';
import type { CheckpointLimits } from '../limits.js';
import { quote } from '../messages.js';
import type { CheckedRange } from '../storage/checked-range.js';
import type { StoredTensor } from '../storage/file-checkpoint.js';
import { elementSpan } from '../storage/strided.js';
import type { PickledTensor } from './pickled-tensor.js';

/** Where a storage's bytes lie in its file. */
export interface StoragePlace {
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** The same bytes with the checksum that the file has for them. */
  readonly checked?: CheckedRange | undefined;
}

/** The file the tensors are placed in. */
export interface PlacingContext {
  readonly path: string;
  readonly limits: CheckpointLimits;
}

/** A pickled tensor with its place in the file. @throws `CHECKPOINT_CORRUPT` when it reaches beyond its storage, `CHECKPOINT_LIMIT`. */
export function placeTensor(
  name: string,
  tensor: PickledTensor,
  place: StoragePlace,
  { path, limits }: PlacingContext,
): StoredTensor {
  const { shape, strides, storage } = tensor;
  const size = byteSize(storage.dtype);
  const first = storage.viewOffset + tensor.offset;
  const span = elementSpan(shape, strides);
  const available = Math.min(storage.count, Math.floor(place.length / size));
  if (!(first + span <= available)) {
    throw new MiniGPT4Error(
      'CHECKPOINT_CORRUPT',
      `${path}: tensor ${quote(name)} outside its storage, expected at most ${available} elements, got a need for ${first + span}. Copy or download the file again.`,
    );
  }
  const bytes = elementCount(shape) * size;
  if (bytes > span * size && bytes > limits.expandedBytes) {
    throw new MiniGPT4Error(
      'CHECKPOINT_LIMIT',
      `${path}: tensor ${quote(name)} repeats its elements too often, expected at most ${limits.expandedBytes} bytes, got ${bytes}. Raise limits.expandedBytes if you trust the file.`,
    );
  }
  const { checked } = place;
  return {
    name,
    dtype: storage.dtype,
    shape,
    strides,
    offset: place.offset + first * size,
    ...(checked && { checked }),
  };
}
