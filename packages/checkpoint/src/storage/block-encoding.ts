import { float16ToFloat32 } from '@minigpt4/core';

/** How a format packs a run of elements into one block of bytes; such a tensor is read as float32. */
export interface BlockEncoding {
  /** What the format calls it, such as `Q4_1`. */
  readonly name: string;
  /** Elements of a block. */
  readonly elements: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Unpacks whole blocks into `out`, which has room for exactly their elements. */
  decode(blocks: Uint8Array, out: Float32Array): void;
}

/** The float16 number that stands `at` bytes into each block of `size` bytes. */
export function halfOfEach(blocks: Uint8Array, size: number, at: number): Float32Array {
  const bits = new Uint16Array(blocks.length / size);
  for (let i = 0, from = at; i < bits.length; i++, from += size) bits[i] = blocks[from]! | (blocks[from + 1]! << 8);
  return float16ToFloat32(bits);
}
