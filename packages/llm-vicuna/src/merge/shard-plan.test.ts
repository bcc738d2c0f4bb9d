import { describe, expect, it } from 'vitest';
import { planShards } from './shard-plan.js';

const tensor = (name: string, ...shape: number[]) => ({ name, shape, baseRows: shape[0]! });

describe('planShards', () => {
  it('fills files in order up to their size, and gives a larger tensor one of its own', () => {
    const plan = planShards([tensor('a', 10), tensor('b', 10), tensor('c', 1), tensor('d', 50, 2), tensor('e', 1)], 40);
    expect(plan.map(({ tensors }) => tensors.map(({ name }) => name))).toEqual([['a', 'b'], ['c'], ['d'], ['e']]);
    expect(plan.map(({ file }) => file)).toEqual([1, 2, 3, 4].map(i => `model-0000${i}-of-00004.safetensors`));
  });

  it('makes one file of what fits', () => {
    expect(planShards([tensor('a', 10)], 5e9).map(({ file }) => file)).toEqual(['model-00001-of-00001.safetensors']);
  });
});
