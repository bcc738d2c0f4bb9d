import {
  byteSize,
  elementCount,
  formatShape,
  type HostTensor,
  hostTensor,
  MiniGPT4Error,
  type Shape,
  viewAs,
} from '@minigpt4/core';
import type { Checkpoint, TensorInfo } from '../checkpoint.js';
import { noSuchTensor, quote } from '../messages.js';
import type { BlockEncoding } from './block-encoding.js';
import type { CheckedRange } from './checked-range.js';
import type { ReadableFile } from './readable-file.js';
import { elementSpan, gatherRowMajor, isContiguous } from './strided.js';

/** A tensor as it lies in one file. */
export interface StoredTensor extends TensorInfo {
  /** Bytes from the start of the file to the first element. */
  readonly offset: number;
  /** Elements between neighbours in each dimension. */
  readonly strides: readonly number[];
  /** How elements are packed; such a tensor is contiguous. Absent for plain elements. */
  readonly encoding?: BlockEncoding;
  /** The bytes around it that have a checksum. Absent in formats without any. */
  readonly checked?: CheckedRange;
}

/** What a format's reader finds in a file. */
export interface FileContents {
  readonly file: ReadableFile;
  readonly format: 'torch' | 'safetensors' | 'gguf';
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A checkpoint over tensors that were located in one file; closing it closes the file. */
export function fileCheckpoint({ file, format, tensors, metadata }: FileContents): Checkpoint {
  const names = [...tensors.keys()];
  const find = (name: string) => {
    const tensor = tensors.get(name);
    if (!tensor) throw noSuchTensor(file.path, name, names);
    return tensor;
  };
  const close = () => file.close();
  return {
    path: file.path,
    format,
    metadata,
    names: () => names,
    info(name) {
      const tensor = tensors.get(name);
      if (!tensor) return undefined;
      const { dtype, shape, encoding } = tensor;
      return { name, dtype, shape, ...(encoding && { storedAs: encoding.name }) };
    },
    location(name) {
      const tensor = tensors.get(name);
      if (!tensor || tensor.encoding || !isContiguous(tensor.shape, tensor.strides)) return undefined;
      return { file: file.path, offset: tensor.offset, length: elementCount(tensor.shape) * byteSize(tensor.dtype) };
    },
    read: async name => readTensor(file, find(name)),
    readRows: async (name, start, count) => readRows(file, find(name), start, count),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A tensor, or rows of it: those that begin `skipped` elements after its first. */
async function readTensor(file: ReadableFile, tensor: StoredTensor, skipped = 0): Promise<HostTensor> {
  const { dtype, shape, strides, offset, encoding, checked } = tensor;
  if (encoding) return hostTensor('float32', shape, await readPacked(file, { encoding, offset, shape, skipped }));
  const size = byteSize(dtype);
  const start = offset + skipped * size;
  const stored = await file.read(start, elementSpan(shape, strides) * size);
  await checked?.check(start, stored);
  const bytes = isContiguous(shape, strides) ? stored : gatherRowMajor(stored, size, shape, strides);
  return hostTensor(dtype, shape, viewAs(bytes, dtype));
}

/** Where packed elements lie: in blocks from `offset`, the first wanted one `skipped` elements behind the start. */
interface PackedElements {
  readonly encoding: BlockEncoding;
  readonly offset: number;
  readonly shape: Shape;
  readonly skipped: number;
}

async function readPacked(file: ReadableFile, packed: PackedElements): Promise<Float32Array> {
  const { encoding, offset, shape, skipped } = packed;
  const count = elementCount(shape);
  const first = Math.floor(skipped / encoding.elements);
  const blocks = Math.ceil((skipped + count) / encoding.elements) - first;
  const bytes = await file.read(offset + first * encoding.bytes, blocks * encoding.bytes);
  const elements = allocateUnpacked(file.path, blocks * encoding.elements);
  encoding.decode(bytes, elements);
  const start = skipped - first * encoding.elements;
  return elements.subarray(start, start + count);
}

function allocateUnpacked(path: string, count: number): Float32Array {
  try {
    return new Float32Array(count);
  } catch (cause) {
    throw new MiniGPT4Error(
      'CHECKPOINT_LIMIT',
      `${path}: too much for one array, expected what memory allows, got ${count} elements. Read them in parts with readRows.`,
      { cause },
    );
  }
}

async function readRows(file: ReadableFile, tensor: StoredTensor, start: number, count: number): Promise<HostTensor> {
  const [available, ...rest] = tensor.shape;
  const valid = Number.isSafeInteger(start) && Number.isSafeInteger(count) && start >= 0 && count >= 0;
  if (available === undefined || !valid || start + count > available) {
    throw new MiniGPT4Error(
      'CHECKPOINT_RANGE',
      `${file.path}: no such rows of ${quote(tensor.name)}, expected a range within its shape ${formatShape(tensor.shape)}, got start ${start} and count ${count}. Ask for whole rows that exist.`,
    );
  }
  // to check a part takes reading the whole, which is what who asks for rows wants to avoid
  const { checked: _, ...unchecked } = tensor;
  return readTensor(file, { ...unchecked, shape: [count, ...rest] }, start * (tensor.strides[0] ?? 0));
}
