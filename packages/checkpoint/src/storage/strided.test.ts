import { elementCount } from '@minigpt4/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementSpan, gatherRowMajor, isContiguous } from './strided.js';

/** Element by element from the definition: index · strides. */
function slowGather(source: Buffer, size: number, shape: readonly number[], strides: readonly number[]): Buffer {
  const elements = Array.from({ length: elementCount(shape) }, (_, flat) => {
    let rest = flat;
    let start = 0;
    for (let i = shape.length - 1; i >= 0; i--) {
      start += (rest % shape[i]!) * strides[i]!;
      rest = Math.floor(rest / shape[i]!);
    }
    return source.subarray(start * size, (start + 1) * size);
  });
  return Buffer.concat(elements);
}

describe('gatherRowMajor', () => {
  it('equals the definition for any strides, repeated elements included', () => {
    const dimensions = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 4 }), stride: fc.integer({ min: 0, max: 9 }) }),
      {
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(dimensions, fc.constantFrom(1, 2, 4, 8), (dimension, size) => {
        const shape = dimension.map(each => each.size);
        const strides = dimension.map(each => each.stride);
        const length = elementSpan(shape, strides) * size;
        const source = Buffer.alloc(length);
        for (let i = 0; i < length; i++) source[i] = (i * 37 + (i >> 8)) % 251;
        const gathered = gatherRowMajor(source, size, shape, strides);
        expect(Buffer.from(gathered).equals(slowGather(source, size, shape, strides))).toBe(true);
      }),
      { seed: 1 },
    );
  });
});

describe('isContiguous', () => {
  it.each([
    [[], [], true],
    [[2, 3], [3, 1], true],
    [[2, 3], [1, 2], false],
    [[2, 3], [6, 1], false],
    [[1, 3], [99, 1], true],
    [[3, 1], [1, 99], true],
    [[0, 3], [7, 7], true],
    [[3], [0], false],
  ])('of %j with strides %j is %j', (shape, strides, expected) => {
    expect(isContiguous(shape, strides)).toBe(expected);
  });
});

describe('elementSpan', () => {
  it.each([
    [[], [], 1],
    [[2, 3], [3, 1], 6],
    [[2, 3], [1, 2], 6],
    [[2, 3], [10, 2], 15],
    [[4], [0], 1],
    [[4, 0], [1, 1], 0],
  ])('of %j with strides %j is %j', (shape, strides, expected) => {
    expect(elementSpan(shape, strides)).toBe(expected);
  });
});
