import { random } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { microBatches } from './micro-batches.js';

const options = { size: 3, imageTokens: 2, padId: 2 };

function sample(length: number, id = 9) {
  const ids = Array.from({ length }, () => id);
  return { key: `${length}`, ids, isEmpty: false, features: new Float32Array(8).fill(length) };
}

describe('microBatches', () => {
  it('puts texts of similar length together and loses none', () => {
    const lengths = random(1)
      .permutation(10)
      .map(length => length + 1);
    const parts = microBatches({ samples: lengths.map(length => sample(length)), before: [1], after: [4, 5] }, options);
    expect(parts.map(({ targets }) => targets)).toEqual([6, 15, 24, 10]);
    expect(parts.map(({ rows }) => rows.tokens)).toEqual([3, 6, 9, 10].map(longest => 1 + 2 + 2 + longest));
    expect(parts.map(({ features }) => features.shape)).toEqual([3, 3, 3, 1].map(count => [count, 2, 4]));
    expect(parts[3]!.features.data).toEqual(new Float32Array(8).fill(10));
  });

  it('does not count the padding id, and leaves out parts without a target', () => {
    const samples = [sample(1, 2), sample(2, 2), sample(2, 2), sample(4)];
    const parts = microBatches({ samples, before: [1], after: [] }, options);
    expect(parts.map(({ targets }) => targets)).toEqual([4]);
  });
});
