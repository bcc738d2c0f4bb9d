import { expectClose } from '@minigpt4/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../test/thrown-by.js';
import { largestIndices, largestScore, logSoftmax, logSumExp, softmax } from './scores.js';

describe('scores', () => {
  it('sums exponentials without overflow', () => {
    expect(logSumExp(Float32Array.of(5))).toBe(5);
    expectClose([logSumExp(Float32Array.of(1000, 1000))], [1000 + Math.log(2)]);
    expectClose([logSumExp(Float32Array.of(-1000, Number.NEGATIVE_INFINITY))], [-1000]);
  });

  it('gives probabilities, exact zeros where nothing is possible', () => {
    const scores = Float32Array.of(0, Math.log(3), Number.NEGATIVE_INFINITY);
    expectClose(softmax(scores), [0.25, 0.75, 0]);
    expect(softmax(scores)[2]).toBe(0);
    expectClose(logSoftmax(scores).subarray(0, 2), [Math.log(0.25), Math.log(0.75)]);
    expect(logSoftmax(scores)[2]).toBe(Number.NEGATIVE_INFINITY);
  });

  it.each([
    [[1, Number.NaN, 2]],
    [[Number.NaN, 1]],
    [[Number.POSITIVE_INFINITY, 1]],
    [[Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    [[]],
  ])('refuses %j', scores => {
    expect(thrownBy(() => largestScore(Float32Array.from(scores))).code).toBe('LOGITS_NOT_FINITE');
    expect(thrownBy(() => softmax(Float32Array.from(scores))).code).toBe('LOGITS_NOT_FINITE');
  });

  it('finds the largest, in order, the earlier of equal ones first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -4, max: 4 })), fc.integer({ min: 0, max: 12 }), (scores, count) => {
        const expected = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, count);
        expect(largestIndices(scores, count)).toEqual(expected);
      }),
    );
  });

  it('takes minus infinity last', () => {
    expect(largestIndices([Number.NEGATIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, 2], 3)).toEqual([3, 1, 0]);
  });
});
