import { float16ToFloat32, float32ToFloat16, random } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { addHalves } from './add-halves.js';

/** The same, one by one, by the conversions of the core. */
function slowly(a: Uint16Array, b: Uint16Array): Uint16Array {
  const [x, y] = [float16ToFloat32(a), float16ToFloat32(b)];
  return float32ToFloat16(x.map((value, i) => value + y[i]!));
}

describe('addHalves', () => {
  it('gives what adding in float32 and rounding gives, for every kind of number', () => {
    const source = random(7);
    const any = () => Uint16Array.from({ length: 50_000 }, () => source.integer(65536));
    const [a, b] = [any(), any()];
    const sum = new Uint16Array(a.length);
    const infinite = addHalves(a, b, sum);
    expect(sum).toEqual(slowly(a, b));
    expect(infinite).toBe(sum.filter(bits => (bits & 0x7c00) === 0x7c00).length);
  });

  it('rounds small sums and ties as IEEE does', () => {
    const small = Uint16Array.from({ length: 4096 }, (_, i) => i);
    const opposite = small.map(bits => ((bits * 7) % 2048) | 0x8000);
    const sum = new Uint16Array(small.length);
    expect(addHalves(small, opposite, sum)).toBe(0);
    expect(sum).toEqual(slowly(small, opposite));
    // 2048 + 1 lies in the middle between 2048 and 2050, 2050 + 1 between 2050 and 2052
    const [a, b] = [float32ToFloat16(Float32Array.of(2048, 2050)), float32ToFloat16(Float32Array.of(1, 1))];
    addHalves(a, b, a);
    expect([...float16ToFloat32(a)]).toEqual([2048, 2052]);
  });

  it('counts what does not fit into float16', () => {
    const [a, b] = [float32ToFloat16(Float32Array.of(65504, 1)), float32ToFloat16(Float32Array.of(65504, 1))];
    expect(addHalves(a, b, new Uint16Array(2))).toBe(1);
  });
});
