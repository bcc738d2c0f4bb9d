import { describe, expect, it } from 'vitest';
import { cachedIds, hashModel, hashScores } from '../../test/hash-model.js';
import { branchesOf } from './branches.js';

describe.each([false, true])('branchesOf a model that shares caches: %s', shares => {
  const start = async (count: number, signal?: AbortSignal) => {
    const model = hashModel({ shares });
    const cache = model.createCache();
    await model.forward(Float32Array.of(4, 5), cache);
    return { model, cache, branches: branchesOf({ model, cache, count, signal }) };
  };
  const scored = (...texts: number[][]) => texts.flatMap(text => [...hashScores(text, 23)]);

  it('continues branches of choice, fewer and fewer, and leaves the prompt', async () => {
    const { cache, branches } = await start(3);
    expect([...(await branches.grow([0, 1, 2], Float32Array.of(7, 8, 9)))!]).toEqual(
      scored([4, 5, 7], [4, 5, 8], [4, 5, 9]),
    );
    expect([...(await branches.grow([2, 2, 0], Float32Array.of(1, 2, 3)))!]).toEqual(
      scored([4, 5, 9, 1], [4, 5, 9, 2], [4, 5, 7, 3]),
    );
    expect([...(await branches.grow([2, 1], Float32Array.of(6, 6)))!]).toEqual(
      scored([4, 5, 7, 3, 6], [4, 5, 9, 2, 6]),
    );
    branches.close();
    expect(cachedIds(cache)).toEqual([4, 5]);
  });

  it('computes nothing once the signal has come', async () => {
    const controller = new AbortController();
    const { model, cache, branches } = await start(2, controller.signal);
    await branches.grow([0, 1], Float32Array.of(7, 8));
    controller.abort();
    expect(await branches.grow([0, 1], Float32Array.of(7, 8))).toBeUndefined();
    expect(model.passes).toHaveLength(2);
    branches.close();
    expect(cachedIds(cache)).toEqual([4, 5]);
  });
});
