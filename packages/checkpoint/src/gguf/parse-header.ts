import { byteSize, elementCount, formatShape, MiniGPT4Error, rowMajorStrides } from '@minigpt4/core';
import { quote } from '../messages.js';
import type { StoredTensor } from '../storage/file-checkpoint.js';
import { corruptHeader, type GgufValue, HeaderCursor, headerLimit, type HeaderSource } from './header-cursor.js';
import { type StoredType, storedTypes, typeName } from './stored-types.js';

/** The typed keys and values of a GGUF file, such as `general.architecture`. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** What a valid header says. */
export interface GgufHeader {
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

// version 1 had 32-bit lengths and no files that are still around
const versions = [2, 3];
const maxDimensions = 4;
// the format's default; larger ones suit pages of memory
const defaultAlignment = 32;
const maxAlignment = 1 << 20;

/**
 * Reads and checks a GGUF header from the first bytes of a file: keys, values, and tensors of known types that lie
 * within the file without overlap.
 * @throws `MoreBytesNeeded` when the header goes on behind `bytes`; `CHECKPOINT_CORRUPT`, `CHECKPOINT_LIMIT`, `CHECKPOINT_UNSUPPORTED`.
 */
export function parseGgufHeader(bytes: Buffer, source: HeaderSource): GgufHeader {
  const cursor = new HeaderCursor(bytes, source);
  cursor.uint32(); // the magic, seen already
  checkVersion(cursor.uint32(), source);
  const tensorCount = cursor.uint64();
  const keyCount = cursor.uint64();
  if (tensorCount > source.limits.tensors) throw headerLimit(source, 'tensors', tensorCount);
  if (keyCount > source.limits.metadataKeys) throw headerLimit(source, 'metadataKeys', keyCount);
  const metadata = readMetadata(cursor, keyCount, source);
  const entries = Array.from({ length: tensorCount }, () => readEntry(cursor, source));
  const alignment = alignmentOf(metadata, source);
  const start = padded(cursor.position, alignment);
  checkRanges(entries, { alignment, dataLength: source.size - start, source });
  return { metadata, tensors: placeTensors(entries, start, source) };
}

function checkVersion(version: number, source: HeaderSource): void {
  if (versions.includes(version)) return;
  const got = version > 0xffff ? 'a big-endian file' : `version ${version}`;
  throw new MiniGPT4Error(
    'CHECKPOINT_UNSUPPORTED',
    `${source.path}: another kind of GGUF, expected version ${versions.join(' or ')} in little-endian order, got ${got}. Convert the model again with present tools.`,
  );
}

function readMetadata(cursor: HeaderCursor, count: number, source: HeaderSource): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = cursor.name();
    if (metadata.has(key)) throw corruptHeader(source, `bad key, expected each once, got ${quote(key)} twice`);
    metadata.set(key, cursor.value(cursor.uint32()));
  }
  return metadata;
}

/** A tensor as its header entry says. */
interface Entry {
  readonly name: string;
  /** Slowest dimension first; the file has them the other way round. */
  readonly shape: readonly number[];
  readonly type: StoredType;
  /** Bytes from the start of the data. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

function readEntry(cursor: HeaderCursor, source: HeaderSource): Entry {
  const name = cursor.name();
  const rank = cursor.uint32();
  if (rank > maxDimensions) {
    throw corruptHeader(source, `tensor ${quote(name)}: expected at most ${maxDimensions} dimensions, got ${rank}`);
  }
  const shape = Array.from({ length: rank }, () => cursor.uint64()).reverse();
  const typeNumber = cursor.uint32();
  const type = storedTypes.get(typeNumber);
  if (!type) {
    const known = [...storedTypes.values()].map(typeName).join(', ');
    throw new MiniGPT4Error(
      'CHECKPOINT_UNSUPPORTED',
      `${source.path}: tensor ${quote(name)}: unknown type, expected one of ${known}, got number ${typeNumber}. Quantise the model to one of these.`,
    );
  }
  return { name, shape, type, offset: cursor.uint64(), length: storedBytes({ name, shape, type }, source) };
}

function storedBytes({ name, shape, type }: Pick<Entry, 'name' | 'shape' | 'type'>, source: HeaderSource): number {
  const count = elementCount(shape);
  const block = type.kind === 'plain' ? { elements: 1, bytes: byteSize(type.dtype) } : type.encoding;
  const whole = (shape.at(-1) ?? 1) % block.elements === 0;
  if (whole && count > 0 && Number.isSafeInteger(count)) return (count / block.elements) * block.bytes;
  throw corruptHeader(
    source,
    `tensor ${quote(name)}: bad shape, expected rows of whole blocks of ${block.elements} elements, got ${formatShape(shape)} of ${typeName(type)}`,
  );
}

function padded(length: number, alignment: number): number {
  return Math.ceil(length / alignment) * alignment;
}

function alignmentOf(metadata: GgufMetadata, source: HeaderSource): number {
  const alignment = metadata.get('general.alignment') ?? defaultAlignment;
  if (
    typeof alignment === 'number' &&
    alignment >= 8 &&
    alignment <= maxAlignment &&
    Number.isInteger(Math.log2(alignment))
  ) {
    return alignment;
  }
  throw corruptHeader(
    source,
    `bad general.alignment, expected a power of two from 8 to ${maxAlignment}, got ${quote(String(alignment))}`,
  );
}

function placeTensors(entries: readonly Entry[], start: number, source: HeaderSource): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape, type, offset } of entries) {
    if (tensors.has(name))
      throw corruptHeader(source, `bad tensors, expected each name once, got ${quote(name)} twice`);
    const packing =
      type.kind === 'plain' ? { dtype: type.dtype } : { dtype: 'float32' as const, encoding: type.encoding };
    tensors.set(name, { name, shape, strides: rowMajorStrides(shape), offset: start + offset, ...packing });
  }
  return tensors;
}

/** The data of a file. */
interface DataPart {
  /** Bytes that every tensor starts at a multiple of. */
  readonly alignment: number;
  /** Bytes. */
  readonly dataLength: number;
  readonly source: HeaderSource;
}

/** Tensors lie one after another, each at the next aligned place, and nothing follows: llama.cpp reads no other files. */
function checkRanges(entries: readonly Entry[], { alignment, dataLength, source }: DataPart): void {
  let free = 0;
  for (const { name, offset, length } of [...entries].sort((a, b) => a.offset - b.offset)) {
    const start = padded(free, alignment);
    if (offset !== start) {
      const kind = offset < start ? 'overlapping data' : 'a gap in the data';
      throw corruptHeader(source, `${kind}, expected tensor ${quote(name)} to start at ${start}, got ${offset}`);
    }
    free = offset + length;
    if (free <= dataLength) continue;
    throw corruptHeader(
      source,
      `file too short, expected tensor ${quote(name)} within ${dataLength} bytes of data, got ${offset} to ${free}`,
    );
  }
  // some writers fill up the last tensor too
  if (dataLength > padded(free, alignment))
    throw corruptHeader(source, `file too long, expected ${free} bytes of tensor data, got ${dataLength}`);
}
