import { random } from '@minigpt4/core';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { estimate, pairedError, silent, yesOrNo } from './observation.js';

describe('estimate', () => {
  it('of yes and no is the share, with the error of a share', () => {
    const { value, standardError } = estimate([true, false, false, true, false].map(yesOrNo));
    expectClose([value!, standardError!], [0.4, Math.sqrt((0.4 * 0.6) / 4)], { absolute: 1e-12 });
  });

  it('weighs each token alike, not each sample', () => {
    const { value } = estimate([
      { value: 10, weight: 2 },
      { value: 8, weight: 6 },
    ]);
    expect(value).toBe(18 / 8);
  });

  it('leaves out samples that say nothing', () => {
    const heard = [yesOrNo(true), yesOrNo(false), yesOrNo(true)];
    expect(estimate([silent, ...heard, silent])).toEqual(estimate(heard));
    expect(estimate([silent, silent])).toEqual({ value: null, standardError: null });
    expect(estimate([yesOrNo(true)])).toEqual({ value: 1, standardError: null });
  });

  it('has the error that other sets really show', () => {
    const draw = random(5);
    const set = () =>
      Array.from({ length: 60 }, () => {
        const weight = 1 + draw.integer(9);
        return { value: weight * (2 + draw.normal()), weight };
      });
    const sets = Array.from({ length: 400 }, () => estimate(set()));
    const values = sets.map(({ value }) => value!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    const stated = sets.reduce((sum, { standardError }) => sum + standardError!, 0) / sets.length;
    expectClose([stated], [spread], { relative: 0.1 });
  });
});

describe('pairedError', () => {
  it('is that of the single differences where all weigh alike', () => {
    const one = [1, 1, 0, 1, 0, 1].map(value => ({ value, weight: 1 }));
    const other = [1, 0, 0, 1, 1, 0].map(value => ({ value, weight: 1 }));
    const differences = one.map(({ value }, i) => value - other[i]!.value);
    const mean = differences.reduce((sum, value) => sum + value, 0) / 6;
    const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5;
    expectClose([pairedError(one, other)!], [Math.sqrt(variance / 6)], { absolute: 1e-12 });
  });

  it('is nothing between equal answers, and unknown without any', () => {
    const one = [true, false, true].map(yesOrNo);
    expect(pairedError(one, one)).toBe(0);
    expect(pairedError(one, [silent, silent, silent])).toBeNull();
  });
});
