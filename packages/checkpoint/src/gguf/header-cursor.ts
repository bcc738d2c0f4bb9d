import { MiniGPT4Error } from '@minigpt4/core';
import type { CheckpointLimits } from '../limits.js';

/** A value of a GGUF header; a 64-bit integer that no number holds exactly comes as a bigint. */
export type GgufValue = string | number | bigint | boolean | readonly GgufValue[];

/** The file that a header is read from. */
export interface HeaderSource {
  /** For messages. */
  readonly path: string;
  /** Bytes of the whole file. */
  readonly size: number;
  readonly limits: CheckpointLimits;
}

/** Thrown when the bytes at hand end within a header that may go on in the file: read more and begin again. */
export class MoreBytesNeeded extends Error {}

// lists of lists; no known key nests at all
const maxDepth = 4;

/** The error for a header that cannot be right. */
export function corruptHeader({ path }: HeaderSource, what: string): MiniGPT4Error {
  return new MiniGPT4Error('CHECKPOINT_CORRUPT', `${path}: ${what}. Copy or download the file again.`);
}

/** The error for a header that asks for more than the limit called `limit` allows. */
export function headerLimit({ path, limits }: HeaderSource, limit: keyof CheckpointLimits, got: number): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_LIMIT',
    `${path}: header too large, expected at most ${limits[limit]} for ${limit}, got ${got}. Raise limits.${limit} if you trust the file.`,
  );
}

/** Reads the little-endian fields of a GGUF header one after another; nothing is allocated before its bytes are there. */
export class HeaderCursor {
  /** Bytes from the start of the file to the next field. */
  position = 0;
  #listElements = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly source: HeaderSource,
  ) {}

  uint32(): number {
    return this.bytes.readUInt32LE(this.#take(4));
  }

  /** A count, size or offset. Beyond 2^53 it is not exact, but too large for any file. */
  uint64(): number {
    const at = this.#take(8);
    return this.bytes.readUInt32LE(at) + this.bytes.readUInt32LE(at + 4) * 2 ** 32;
  }

  string(): string {
    const length = this.uint64();
    const start = this.#take(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  /** A tensor's name or a key. @throws `CHECKPOINT_LIMIT` for a long one */
  name(): string {
    const name = this.string();
    if (name.length > this.source.limits.nameLength) throw headerLimit(this.source, 'nameLength', name.length);
    return name;
  }

  /** A value of the type with the given number. */
  value(type: number, depth = 0): GgufValue {
    if (type === 8) return this.string();
    if (type === 9) return this.#list(depth);
    const scalar = scalars.get(type);
    if (!scalar) throw corruptHeader(this.source, `unknown type of value, expected 0 to 12, got ${type}`);
    return scalar.read(this.bytes, this.#take(scalar.bytes));
  }

  #list(depth: number): GgufValue[] {
    if (depth === maxDepth)
      throw corruptHeader(this.source, `lists too deep, expected at most ${maxDepth} levels, got more`);
    const type = this.uint32();
    const count = this.uint64();
    this.#listElements += count;
    const { metadataElements } = this.source.limits;
    if (this.#listElements > metadataElements) throw headerLimit(this.source, 'metadataElements', this.#listElements);
    const list: GgufValue[] = [];
    for (let i = 0; i < count; i++) list.push(this.value(type, depth + 1));
    return list;
  }

  #take(length: number): number {
    const start = this.position;
    const end = start + length;
    const { size, limits } = this.source;
    if (end > size) throw corruptHeader(this.source, `file too short, expected at least ${end} bytes, got ${size}`);
    if (end > limits.headerBytes) throw headerLimit(this.source, 'headerBytes', end);
    if (end > this.bytes.length) throw new MoreBytesNeeded();
    this.position = end;
    return start;
  }
}

/** A value of fixed size. */
interface Scalar {
  readonly bytes: number;
  read(from: Buffer, at: number): GgufValue;
}

// bigints are slow, and needed only for what no number holds
function unsigned64(from: Buffer, at: number): GgufValue {
  const high = from.readUInt32LE(at + 4);
  return high < 2 ** 21 ? from.readUInt32LE(at) + high * 2 ** 32 : from.readBigUInt64LE(at);
}

function signed64(from: Buffer, at: number): GgufValue {
  const high = from.readInt32LE(at + 4);
  return high >= -(2 ** 21) && high < 2 ** 21 ? from.readUInt32LE(at) + high * 2 ** 32 : from.readBigInt64LE(at);
}

const scalars: ReadonlyMap<number, Scalar> = new Map<number, Scalar>([
  [0, { bytes: 1, read: (from, at) => from.readUInt8(at) }],
  [1, { bytes: 1, read: (from, at) => from.readInt8(at) }],
  [2, { bytes: 2, read: (from, at) => from.readUInt16LE(at) }],
  [3, { bytes: 2, read: (from, at) => from.readInt16LE(at) }],
  [4, { bytes: 4, read: (from, at) => from.readUInt32LE(at) }],
  [5, { bytes: 4, read: (from, at) => from.readInt32LE(at) }],
  [6, { bytes: 4, read: (from, at) => from.readFloatLE(at) }],
  [7, { bytes: 1, read: (from, at) => from.readUInt8(at) !== 0 }],
  [10, { bytes: 8, read: unsigned64 }],
  [11, { bytes: 8, read: signed64 }],
  [12, { bytes: 8, read: (from, at) => from.readDoubleLE(at) }],
]);
