import { type BlockEncoding, halfOfEach } from '../storage/block-encoding.js';

// all of these pack 32 elements
const elements = 32;
const half = elements / 2;

/** 4 or 5 bits an element: `scale`, maybe `minimum`, maybe the fifth bits, then 16 bytes of two elements each. */
interface NibbleLayout {
  readonly name: string;
  /** Bytes from the block's start to the offset that is added; without it the middle of the range is 0. */
  readonly minimumAt?: number;
  /** Bytes from the block's start to the 32 fifth bits. */
  readonly fifthBitsAt?: number;
}

/** value = scale · q + minimum, or scale · (q − middle); low nibbles are the first 16 elements, high ones the rest. */
function nibbles({ name, minimumAt, fifthBitsAt }: NibbleLayout): BlockEncoding {
  const nibblesAt = 2 + (minimumAt === undefined ? 0 : 2) + (fifthBitsAt === undefined ? 0 : 4);
  const bytes = nibblesAt + half;
  const middle = minimumAt === undefined ? (fifthBitsAt === undefined ? 8 : 16) : 0;
  return {
    name,
    elements,
    bytes,
    decode(blocks, out) {
      const scales = halfOfEach(blocks, bytes, 0);
      const minimums = minimumAt === undefined ? undefined : halfOfEach(blocks, bytes, minimumAt);
      for (let block = 0, from = 0, to = 0; block < scales.length; block++, from += bytes, to += elements) {
        const scale = scales[block]!;
        // adding -0 changes nothing, not even the sign of a zero
        const minimum = minimums?.[block] ?? -0;
        const fifth = fifthBitsAt === undefined ? 0 : littleEndian32(blocks, from + fifthBitsAt);
        for (let i = 0; i < half; i++) {
          const pair = blocks[from + nibblesAt + i]!;
          const low = (pair & 15) | (((fifth >>> i) & 1) << 4);
          const high = (pair >> 4) | (((fifth >>> (i + half)) & 1) << 4);
          out[to + i] = scale * (low - middle) + minimum;
          out[to + i + half] = scale * (high - middle) + minimum;
        }
      }
    },
  };
}

function littleEndian32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** 4 bits around 0: float16 scale, nibbles. */
export const q4Zero = nibbles({ name: 'Q4_0' });
/** 4 bits above a minimum: float16 scale and minimum, nibbles. */
export const q4One = nibbles({ name: 'Q4_1', minimumAt: 2 });
/** 5 bits around 0: float16 scale, fifth bits, nibbles. */
export const q5Zero = nibbles({ name: 'Q5_0', fifthBitsAt: 2 });
/** 5 bits above a minimum: float16 scale and minimum, fifth bits, nibbles. */
export const q5One = nibbles({ name: 'Q5_1', minimumAt: 2, fifthBitsAt: 4 });

/** 8 bits around 0: float16 scale, signed bytes. */
export const q8Zero: BlockEncoding = {
  name: 'Q8_0',
  elements,
  bytes: 2 + elements,
  decode(blocks, out) {
    const scales = halfOfEach(blocks, this.bytes, 0);
    const signed = new Int8Array(blocks.buffer, blocks.byteOffset, blocks.byteLength);
    for (let block = 0, from = 2, to = 0; block < scales.length; block++, from += this.bytes, to += elements) {
      const scale = scales[block]!;
      for (let i = 0; i < elements; i++) out[to + i] = scale * signed[from + i]!;
    }
  },
};
