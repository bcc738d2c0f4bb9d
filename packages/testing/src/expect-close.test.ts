import { describe, expect, it } from 'vitest';
import { expectClose, largestDifference } from './expect-close.js';

describe('expectClose', () => {
  it('takes what is within absolute plus relative tolerance', () => {
    expectClose([100.05, 0.00005], [100, 0], { absolute: 1e-4, relative: 1e-3 });
  });

  it('names the first bad element and the largest difference', () => {
    expect(() => expectClose([1, 2.5, 9], [1, 2, 3])).toThrow(/first differs at \[1\].*largest difference 6 at \[2\]/);
  });

  it('fails on another length and on not-a-number', () => {
    expect(() => expectClose([1], [1, 2])).toThrow(/number of elements/);
    expect(() => expectClose([Number.NaN], [1])).toThrow(/first differs/);
    expectClose([Number.NaN], [Number.NaN]);
  });
});

describe('largestDifference', () => {
  it('counts not-a-number on one side as infinite', () => {
    expect(largestDifference([1, Number.NaN], [1, 2])).toMatchObject({
      maxAbsolute: Number.POSITIVE_INFINITY,
      index: 1,
    });
  });
});
