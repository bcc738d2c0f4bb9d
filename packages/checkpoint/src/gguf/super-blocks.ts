import { type BlockEncoding, halfOfEach } from '../storage/block-encoding.js';

// 256 elements a super-block, which holds 8 or 16 sub-blocks with small integer scales of their own
const elements = 256;

/** 4 or 5 bits: float16 scale and minimum, 12 bytes of sub-scales, maybe 32 bytes of fifth bits, 128 bytes of nibbles. */
function scaledNibbles(name: string, fifthBits: boolean): BlockEncoding {
  const nibblesAt = 16 + (fifthBits ? 32 : 0);
  const bytes = nibblesAt + elements / 2;
  return {
    name,
    elements,
    bytes,
    decode(blocks, out) {
      const scales = halfOfEach(blocks, bytes, 0);
      const minimums = halfOfEach(blocks, bytes, 2);
      for (let block = 0, from = 0, to = 0; block < scales.length; block++, from += bytes) {
        for (let sub = 0; sub < 8; sub++, to += 32) {
          const { scale: subScale, minimum: subMinimum } = subBlockScale(blocks, from + 4, sub);
          const scale = scales[block]! * subScale;
          const minimum = minimums[block]! * subMinimum;
          // two neighbouring sub-blocks share 32 bytes: low nibbles, then high ones
          const nibblesFrom = from + nibblesAt + 32 * (sub >> 1);
          const shift = 4 * (sub & 1);
          for (let i = 0; i < 32; i++) {
            const fifth = fifthBits ? ((blocks[from + 16 + i]! >> sub) & 1) << 4 : 0;
            out[to + i] = scale * (((blocks[nibblesFrom + i]! >> shift) & 15) | fifth) - minimum;
          }
        }
      }
    },
  };
}

/** Eight pairs of 6-bit numbers in 12 bytes: the first four in the low bits of bytes 0 to 7, the rest spread over all. */
function subBlockScale(blocks: Uint8Array, at: number, sub: number): { scale: number; minimum: number } {
  const byte = (i: number) => blocks[at + i]!;
  if (sub < 4) return { scale: byte(sub) & 63, minimum: byte(sub + 4) & 63 };
  return {
    scale: (byte(sub + 4) & 15) | ((byte(sub - 4) >> 6) << 4),
    minimum: (byte(sub + 4) >> 4) | ((byte(sub) >> 6) << 4),
  };
}

/** 4 bits above a minimum, in super-blocks. */
export const q4K = scaledNibbles('Q4_K', false);
/** 5 bits above a minimum, in super-blocks. */
export const q5K = scaledNibbles('Q5_K', true);

/** 6 bits around 0: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed sub-scales, float16 scale. */
export const q6K: BlockEncoding = {
  name: 'Q6_K',
  elements,
  bytes: 210,
  decode(blocks, out) {
    const scales = halfOfEach(blocks, this.bytes, 208);
    for (let block = 0, from = 0; block < scales.length; block++, from += this.bytes) {
      // runs of 32 elements; four of them share 64 bytes of low nibbles and 32 bytes of high pairs
      for (let run = 0; run < 8; run++) {
        const lowFrom = from + 64 * (run >> 2) + 32 * (run & 1);
        const lowShift = run & 2 ? 4 : 0;
        const highFrom = from + 128 + 32 * (run >> 2);
        const highShift = 2 * (run & 3);
        const to = elements * block + 32 * run;
        for (let i = 0; i < 32; i++) {
          const low = (blocks[lowFrom + i]! >> lowShift) & 15;
          const high = (blocks[highFrom + i]! >> highShift) & 3;
          const subScale = (blocks[from + 192 + 2 * run + (i >> 4)]! << 24) >> 24;
          out[to + i] = scales[block]! * subScale * ((low | (high << 4)) - 32);
        }
      }
    }
  },
};
