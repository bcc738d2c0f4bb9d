import { describe, expect, it } from 'vitest';
import { cachedIds, hashModel } from '../../test/hash-model.js';
import { rejectionOf } from '../../test/thrown-by.js';
import { generate, type GenerationResult } from './generate.js';
import { generateBatch } from './generate-batch.js';
import type { LanguageModel } from '../language-model.js';

const prompt = (...ids: number[]) => Float32Array.from(ids);
const prompts = [prompt(5, 6), prompt(7, 8), prompt(9, 10), prompt(11, 12), prompt(13, 14), prompt(5, 6)];

interface Ending {
  readonly maxNewTokens: number;
  readonly eosIds?: readonly number[];
  readonly stopSequences?: readonly (readonly number[])[];
}

async function alone(model: LanguageModel, ids: Float32Array, options: Ending): Promise<GenerationResult> {
  const generation = generate(model, ids, options);
  for (;;) {
    const { done, value } = await generation.next();
    if (done) return value;
  }
}

describe('generateBatch', () => {
  it.each<Ending>([
    { maxNewTokens: 1 },
    { maxNewTokens: 12 },
    { maxNewTokens: 40, eosIds: [2] },
    { maxNewTokens: 60, eosIds: [0, 1, 2, 3] },
    { maxNewTokens: 40, stopSequences: [[3], [1, 2]] },
  ])('gives each prompt the ids that it gets alone, %j', async options => {
    const model = hashModel();
    const together = await generateBatch(model, prompts, options);
    for (const [i, each] of prompts.entries()) {
      const { ids, finishReason } = await alone(model, each, options);
      expect(together[i]).toEqual({ ids, finishReason });
    }
  });

  it.each<Ending>([{ maxNewTokens: 12 }, { maxNewTokens: 40, eosIds: [0, 1, 2, 3] }])(
    'takes prompts of different lengths, %j',
    async options => {
      const ragged = [prompt(5), prompt(7, 8, 9, 10, 11), prompt(9, 10), prompt(4, 4, 4)];
      const model = hashModel();
      const cache = model.createCache(4);
      await model.forward(prompt(1, 2, 3, 6), cache);
      const together = await generateBatch(model, ragged, { ...options, cache });
      for (const [i, each] of ragged.entries()) {
        const whole = prompt([1, 2, 3, 6][i]!, ...each);
        const { ids, finishReason } = await alone(model, whole, options);
        expect(together[i]).toEqual({ ids, finishReason });
      }
      expect(cache.length).toBe(1);
      expect([0, 1, 2, 3].map(i => cache.gaps(i))).toEqual([[], [], [], []]);
    },
  );

  it('computes fewer sequences once half of them have ended', async () => {
    const model = hashModel({ eosIds: [1, 2] });
    const lengths = (await generateBatch(model, prompts, { maxNewTokens: 60 })).map(({ ids }) => ids.length);
    expect(new Set(lengths).size).toBeGreaterThan(2);
    const sizes = model.passes.map(([batch]) => batch);
    expect(sizes[0]).toBe(6);
    expect(sizes.at(-1)).toBeLessThan(4);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(model.passes).toHaveLength(Math.max(...lengths));
  });

  it('ends an answer when it is told to, and only that one', async () => {
    const seen: [number, number][] = [];
    const ended = (row: number, id: number) => {
      seen.push([row, id]);
      return row === 1 && seen.filter(([other]) => other === 1).length === 3;
    };
    const results = await generateBatch(hashModel(), prompts.slice(0, 3), { maxNewTokens: 5, ended });
    expect(results.map(({ ids, finishReason }) => [ids.length, finishReason])).toEqual([
      [5, 'length'],
      [3, 'stop'],
      [5, 'length'],
    ]);
    expect(seen.filter(([row]) => row === 2).map(([, id]) => id)).toEqual(results[2]!.ids);
  });

  it('goes on from a cache and leaves it as it came', async () => {
    const model = hashModel();
    const cache = model.createCache(2);
    await model.forward(prompt(5, 6, 7, 8), cache);
    const results = await generateBatch(model, [prompt(9), prompt(10)], { cache, maxNewTokens: 4 });
    expect(results[0]!.ids).toEqual((await alone(model, prompt(5, 6, 9), { maxNewTokens: 4 })).ids);
    expect(results[1]!.ids).toEqual((await alone(model, prompt(7, 8, 10), { maxNewTokens: 4 })).ids);
    expect([cachedIds(cache, 0), cachedIds(cache, 1)]).toEqual([
      [5, 6],
      [7, 8],
    ]);
  });

  it('returns what there is after an abort', async () => {
    const controller = new AbortController();
    const ended = () => {
      controller.abort();
      return false;
    };
    const results = await generateBatch(hashModel(), prompts.slice(0, 2), { signal: controller.signal, ended });
    expect(results.map(({ ids, finishReason }) => [ids.length, finishReason])).toEqual([
      [1, 'abort'],
      [1, 'abort'],
    ]);
  });

  it('leaves the cache as it came when the model fails', async () => {
    const model = hashModel();
    const cache = model.createCache(1);
    let passes = 0;
    const failing: LanguageModel = {
      ...model,
      forward: async (...given) => {
        if (passes++ === 2) throw new TypeError('no more');
        return model.forward(...given);
      },
    };
    await expect(generateBatch(failing, [prompt(4)], { cache })).rejects.toThrow('no more');
    expect(cache.length).toBe(0);
  });

  it.each([
    [
      'SHAPE_MISMATCH',
      'expected (tokens, 1) embeddings of at least one token each, got [1, 0]',
      [prompt(1), prompt()],
      {},
    ],
    ['SHAPE_MISMATCH', 'got [] numbers', [], {}],
    [
      'SHAPE_MISMATCH',
      'expected 1 sequences as there are prompts, got 2',
      [prompt(1)],
      { cache: hashModel().createCache(2) },
    ],
    ['INVALID_OPTION', 'expected an integer from 1, got 0', [prompt(1)], { maxNewTokens: 0 }],
  ])('refuses with %s: %s', async (code, message, given, options) => {
    const error = await rejectionOf(generateBatch(hashModel(), given, options));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});
