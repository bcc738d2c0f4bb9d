import { float16ToFloat32 } from '@minigpt4/core';

/** Elements added at a time, so that what is between the steps stays in the processor's cache. */
const stepElements = 16384;

const sums = new Float32Array(stepElements);
const sumBits = new Uint32Array(sums.buffer);
const shifted = new Float32Array(1);
const shiftedBits = new Uint32Array(shifted.buffer);
const bitsOfHalf = 0x3f000000; // 0.5 as float32: its last bit is worth 2^-24, the smallest step of float16

let values: Float32Array | undefined;

/**
 * Adds float16 numbers as PyTorch does: each sum in float32, rounded to the nearest float16, halves to even. Some three
 * times as fast as through whole arrays of float32, which counts over seven thousand million of them.
 *
 * @returns how many sums are not finite; the results are in `into`, which may be one of the others
 */
export function addHalves(a: Uint16Array, b: Uint16Array, into: Uint16Array): number {
  const table = (values ??= float16ToFloat32(Uint16Array.from({ length: 65536 }, (_, bits) => bits)));
  let infinite = 0;
  for (let start = 0; start < a.length; start += stepElements) {
    const count = Math.min(stepElements, a.length - start);
    for (let i = 0; i < count; i++) sums[i] = table[a[start + i]!]! + table[b[start + i]!]!;
    for (let i = 0; i < count; i++) {
      const half = roundedBits(sumBits[i]! | 0);
      if ((half & 0x7c00) === 0x7c00) infinite++;
      into[start + i] = half;
    }
  }
  return infinite;
}

/** Bits of a float32, as a signed integer, to those of the nearest float16. */
function roundedBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x477ff000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  // below the normal numbers: beside 0.5 the addition itself rounds to whole steps
  shiftedBits[0] = magnitude;
  shifted[0] = shifted[0]! + 0.5;
  return sign | (shiftedBits[0] - bitsOfHalf);
}
