import { describe, expect, it } from 'vitest';
import { elementCount, formatShape, rowMajorStrides, sameShape } from './shape.js';

describe('shapes', () => {
  it.each([
    [[], 1, [], '[]'],
    [[5], 5, [1], '[5]'],
    [[2, 3, 4], 24, [12, 4, 1], '[2, 3, 4]'],
    [[2, 0, 4], 0, [0, 4, 1], '[2, 0, 4]'],
  ])('%j: elements %d, strides %j', (shape, count, strides, text) => {
    expect(elementCount(shape)).toBe(count);
    expect(rowMajorStrides(shape)).toEqual(strides);
    expect(formatShape(shape)).toBe(text);
  });

  it('counts no elements beside a 0, whatever the other sizes', () => {
    expect(elementCount([...Array.from({ length: 40 }, () => Number.MAX_SAFE_INTEGER), 0])).toBe(0);
  });

  it('compares sizes and their order', () => {
    expect(sameShape([2, 3], [2, 3])).toBe(true);
    expect(sameShape([], [])).toBe(true);
    expect(sameShape([2, 3], [3, 2])).toBe(false);
    expect(sameShape([2], [2, 1])).toBe(false);
    expect(sameShape([2, 1], [2])).toBe(false);
  });
});
