import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { cachedIds, hashModel, hashScores } from '../../test/hash-model.js';
import { generate, type GenerationResult } from './generate.js';
import type { GenerationOptions } from './generation-options.js';
import type { LanguageModel } from '../language-model.js';

// what transformers does is compared in generate.test.ts; here is what it does not say, and an exhaustive search

async function search(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerationOptions,
): Promise<GenerationResult> {
  const generation = generate(model, Float32Array.from(prompt), options);
  for (;;) {
    const { done, value } = await generation.next();
    if (done) return value;
  }
}

function logProbability(prompt: readonly number[], ids: readonly number[], vocabulary: number): number {
  return ids.reduce((sum, id, i) => {
    const scores = hashScores([...prompt, ...ids.slice(0, i)], vocabulary);
    return sum + scores[id]! - Math.log(scores.reduce((total, score) => total + Math.exp(score), 0));
  }, 0);
}

function everySequence(vocabulary: number, length: number): number[][] {
  if (length === 0) return [[]];
  return everySequence(vocabulary, length - 1).flatMap(ids =>
    Array.from({ length: vocabulary }, (_, id) => [...ids, id]),
  );
}

describe('beamSearch', () => {
  it.each([[[5]], [[1, 2]], [[9, 9, 9]]])(
    'finds the best of all answers when nothing can fall out, after %j',
    async prompt => {
      const ranked = everySequence(4, 4)
        .map(ids => ({ ids, score: logProbability(prompt, ids, 4) / 4 }))
        .sort((a, b) => b.score - a.score);
      const options = { beams: 64, returnSequences: 5, maxNewTokens: 4, eosIds: [] };
      const result = await search(hashModel({ vocabulary: 4 }), prompt, options);
      expect(result.sequences).toEqual(ranked.slice(0, 5).map(entry => entry.ids));
      expectClose(
        result.scores!,
        ranked.slice(0, 5).map(entry => entry.score),
        { absolute: 1e-5, relative: 0 },
      );
    },
  );

  it('finds the best of all answers with ends of different length', async () => {
    const prompt = [6];
    const ended = [1, 2, 3, 4].flatMap(length =>
      everySequence(3, length - 1).map(ids => [...ids.map(id => id + 1), 0]),
    );
    const cut = everySequence(3, 4).map(ids => ids.map(id => id + 1));
    const ranked = [...ended, ...cut]
      .map(ids => ({ ids, score: logProbability(prompt, ids, 4) / ids.length }))
      .sort((a, b) => b.score - a.score);
    const options: GenerationOptions = {
      beams: 81,
      maxNewTokens: 4,
      eosIds: [0],
      earlyStopping: 'never',
      returnSequences: 3,
    };
    const result = await search(hashModel({ vocabulary: 4 }), prompt, options);
    expect(result.sequences).toEqual(ranked.slice(0, 3).map(entry => entry.ids));
  });

  it('ends answers at stop sequences of several ids, and keeps them', async () => {
    const free = await search(hashModel(), [4], { beams: 4, maxNewTokens: 12 });
    const stop = free.ids.slice(3, 5);
    const ended = await search(hashModel(), [4], {
      beams: 4,
      returnSequences: 4,
      maxNewTokens: 5,
      stopSequences: [stop],
    });
    expect(ended.sequences).toContainEqual(free.ids.slice(0, 5));
    expect(ended.sequences.filter(ids => ids.join().includes(`${stop.join()},`))).toEqual([]);
  });

  it('tells an answer that ended from one that was cut', async () => {
    const ended = await search(hashModel({ eosIds: [0, 1, 2, 3] }), [4], { beams: 3, maxNewTokens: 20 });
    const cut = await search(hashModel(), [4], { beams: 3, maxNewTokens: 20 });
    expect(ended.finishReason).toBe('stop');
    expect(ended.ids.at(-1)).toBeLessThan(4);
    expect(cut.finishReason).toBe('length');
  });

  it('expands the cache once, feeds the winner to the given one, and nothing when none was given', async () => {
    const model = hashModel();
    const cache = model.createCache();
    const { ids } = await search(model, [4, 5], { beams: 3, maxNewTokens: 4, cache });
    expect(model.passes).toEqual([
      [1, 2],
      [3, 1],
      [3, 1],
      [3, 1],
      [1, 3],
    ]);
    expect(cachedIds(cache)).toEqual([4, 5, ...ids.slice(0, 3)]);
    const alone = hashModel();
    await search(alone, [4, 5], { beams: 3, maxNewTokens: 4 });
    expect(alone.passes).toEqual([
      [1, 2],
      [3, 1],
      [3, 1],
      [3, 1],
    ]);
  });

  it('returns the best so far and leaves the cache at the prompt when aborted', async () => {
    const controller = new AbortController();
    const model = hashModel();
    const cache = model.createCache();
    const aborting: LanguageModel = {
      ...model,
      forward: async (embeddings, past) => {
        if (past.length === 6) controller.abort();
        controller.signal.throwIfAborted();
        return model.forward(embeddings, past);
      },
    };
    const result = await search(aborting, [4, 5], { beams: 3, cache, signal: controller.signal });
    const short = await search(hashModel(), [4, 5], { beams: 3, maxNewTokens: 5 });
    expect(result).toMatchObject({ ids: short.ids, finishReason: 'abort' });
    expect(cachedIds(cache)).toEqual([4, 5]);
  });

  it('draws beams above temperature 0, the same for the same seed', async () => {
    const draw = async (seed: number) =>
      (await search(hashModel(), [4], { beams: 3, temperature: 1.5, topK: 8, seed, maxNewTokens: 10 })).ids;
    expect(await draw(1)).toEqual(await draw(1));
    expect(new Set((await Promise.all([1, 2, 3, 4, 5, 6].map(draw))).map(String)).size).toBeGreaterThan(1);
  });

  it('draws beams among likely ids only', async () => {
    const { ids } = await search(hashModel(), [4], { beams: 2, temperature: 2, topK: 3, seed: 2, maxNewTokens: 12 });
    ids.forEach((id, i) => {
      const scores = hashScores([4, ...ids.slice(0, i)], 23);
      expect([...scores].sort((a, b) => b - a).indexOf(scores[id]!)).toBeLessThan(3);
    });
  });

  it('survives a vocabulary in which every id ends an answer', async () => {
    const model = hashModel({ vocabulary: 3, eosIds: [0, 1, 2] });
    const result = await search(model, [4], { beams: 2, returnSequences: 2, maxNewTokens: 5 });
    expect(result.sequences.map(ids => ids.length)).toEqual([1, 1]);
    expect(result.finishReason).toBe('stop');
  });
});
