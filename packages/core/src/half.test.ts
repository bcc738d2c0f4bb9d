import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16, toFloat32 } from './half.js';

const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** A half float from its definition: sign, exponent and fraction bits. */
function slowValue(bits: number, exponentBits: number, fractionBits: number): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = Math.floor((bits % 0x8000) / 2 ** fractionBits);
  const fraction = (bits % 2 ** fractionBits) / 2 ** fractionBits;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** Finite non-negative half floats in rising order; the next one up is where infinity begins. */
const finite16 = Array.from({ length: 0x7c00 }, (_, bits) => slowValue(bits, 5, 10));

/** Nearest half to even, by search among all of them. */
function slowFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = Object.is(Math.sign(value), -0) || value < 0 ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  let low = 0;
  let high = finite16.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (finite16[middle]! <= magnitude) low = middle;
    else high = middle - 1;
  }
  const below = magnitude - finite16[low]!;
  const above = (finite16[low + 1] ?? 65536) - magnitude;
  return sign | (below < above || (below === above && low % 2 === 0) ? low : low + 1);
}

function same(actual: ArrayLike<number>, expected: ArrayLike<number>): number[] {
  return Array.from(all).filter(bits => !Object.is(actual[bits], expected[bits]));
}

describe('float16', () => {
  it('has the value of its definition for all 65,536 patterns', () => {
    const expected = Array.from(all, bits => slowValue(bits, 5, 10));
    expect(same(float16ToFloat32(all), expected)).toEqual([]);
  });

  it('comes back from float32 for all 65,536 patterns, NaNs as NaNs', () => {
    const back = float32ToFloat16(float16ToFloat32(all));
    const different = Array.from(all).filter(bits => back[bits] !== bits);
    expect(different.every(bits => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0)).toBe(true);
    expect(Array.from(float16ToFloat32(back.filter((_, i) => different.includes(i)))).every(Number.isNaN)).toBe(true);
  });

  it('rounds the middle between every two neighbours to even, and either side of it to the nearer one', () => {
    const middles = finite16.map((value, bits) => (value + (finite16[bits + 1] ?? 65536)) / 2);
    const up = float32ToFloat16(Float32Array.from(middles, value => value * (1 + 2 ** -23)));
    const down = float32ToFloat16(Float32Array.from(middles, value => value * (1 - 2 ** -23)));
    const tie = float32ToFloat16(Float32Array.from(middles, value => -value));
    const wrong = finite16.filter((_, bits) => {
      const even = bits % 2 === 0 ? bits : bits + 1;
      return up[bits] !== bits + 1 || down[bits] !== bits || tie[bits] !== (even | 0x8000);
    });
    expect(wrong).toEqual([]);
  });

  it.each([
    [65519.99609375, 0x7bff],
    [65520, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -25, 0],
    [2 ** -25 * (1 + 2 ** -23), 1],
    [2 ** -149, 0],
    [-0, 0x8000],
    [2 ** -14 - 2 ** -26, 0x0400],
    [NaN, 0x7e00],
  ])('of %d is %d', (value, bits) => {
    expect(float32ToFloat16(new Float32Array([value]))[0]).toBe(bits);
  });

  it('rounds any float32 as the definition does', () => {
    fc.assert(
      fc.property(fc.float(), value => {
        expect(float32ToFloat16(new Float32Array([value]))[0]).toBe(slowFloat16(value));
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});

describe('bfloat16', () => {
  it('has the value of its definition for all 65,536 patterns', () => {
    const expected = Array.from(all, bits => slowValue(bits, 8, 7));
    expect(same(bfloat16ToFloat32(all), expected)).toEqual([]);
  });

  it('comes back from float32 for all 65,536 patterns, NaNs as quiet NaNs of the same sign', () => {
    const back = float32ToBfloat16(bfloat16ToFloat32(all));
    const expected = all.map(bits => ((bits & 0x7fff) > 0x7f80 ? bits | 0x40 : bits));
    expect(same(back, expected)).toEqual([]);
  });

  it('rounds ties to even and overflows to infinity', () => {
    const patterns = Uint32Array.from([
      0x3f80_8000, 0x3f81_8000, 0x3f80_8001, 0x3f80_7fff, 0xbf81_8000, 0x7f7f_8000, 0x7f7f_7fff, 0x0000_8000,
      0x0001_8000, 0x7f80_0001, 0xff80_0001,
    ]);
    expect(Array.from(float32ToBfloat16(new Float32Array(patterns.buffer)))).toEqual([
      0x3f80, 0x3f82, 0x3f81, 0x3f80, 0xbf82, 0x7f80, 0x7f7f, 0, 2, 0x7fc0, 0xffc0,
    ]);
  });

  it('reads a view that does not start at its buffer', () => {
    const values = new Float32Array([1, 2, 3]).subarray(1);
    expect(Array.from(float32ToBfloat16(values))).toEqual([0x4000, 0x4040]);
  });
});

describe('toFloat32', () => {
  it('takes float32 as it is and converts every other type', () => {
    const values = new Float32Array([1, -2]);
    expect(toFloat32('float32', values)).toBe(values);
    expect(toFloat32('float64', new Float64Array([0.1]))).toEqual(new Float32Array([0.1]));
    expect(toFloat32('float16', new Uint16Array([0x3c00]))).toEqual(new Float32Array([1]));
    expect(toFloat32('bfloat16', new Uint16Array([0x3f80]))).toEqual(new Float32Array([1]));
    expect(toFloat32('int64', new BigInt64Array([-(2n ** 40n)]))).toEqual(new Float32Array([-(2 ** 40)]));
    expect(toFloat32('int32', new Int32Array([-3]))).toEqual(new Float32Array([-3]));
    expect(toFloat32('int16', new Int16Array([-3]))).toEqual(new Float32Array([-3]));
    expect(toFloat32('int8', new Int8Array([-3]))).toEqual(new Float32Array([-3]));
    expect(toFloat32('uint8', new Uint8Array([200]))).toEqual(new Float32Array([200]));
    expect(toFloat32('bool', new Uint8Array([1, 0]))).toEqual(new Float32Array([1, 0]));
  });
});
