import { describe, expect, it } from 'vitest';
import { answer } from '../../test/answer.js';
import { cachedIds, hashModel, type HashModelOptions } from '../../test/hash-model.js';
import { rejectionOf } from '../../test/thrown-by.js';
import { generate } from '../generation/generate.js';
import type { GenerationOptions } from '../generation/generation-options.js';

/** Scores that hardly ever leave a circle of seven ids, so that guesses are right often, but not always. */
function circling(ids: readonly number[]): Float32Array {
  const last = ids.at(-1) ?? 0;
  const next = ids.length % 11 === 0 ? 15 : 4 + ((last + 1) % 7);
  return Float32Array.from({ length: 23 }, (_, id) => (id === next ? 3 : (id % 5) / 5));
}

const model = (options: HashModelOptions = {}) => hashModel({ shares: true, scores: circling, ...options });
const prompt = [4, 5, 6, 7, 8, 9, 10, 4, 5, 6, 7];
const speculate = { tokens: 4, ngram: 2 };

describe('generate with guesses', () => {
  it.each<GenerationOptions>([
    { maxNewTokens: 60 },
    { maxNewTokens: 60, promptIds: prompt },
    { maxNewTokens: 2, promptIds: prompt },
    { maxNewTokens: 60, promptIds: prompt, repetitionPenalty: 1.01, logProbabilities: 2 },
    { maxNewTokens: 60, promptIds: prompt, temperature: 0.6, seed: 5 },
    { maxNewTokens: 60, promptIds: prompt, eosIds: [15] },
    { maxNewTokens: 60, promptIds: prompt, stopSequences: [[8, 9, 10]] },
    { maxNewTokens: 60, promptIds: [...prompt, 1, 1, 1], logitBias: { 9: -5 } },
  ])('gives the answer that it gives without, and the same cache, %j', async options => {
    const [plain, guessing] = [model(), model()];
    const [expectedCache, cache] = [plain.createCache(), guessing.createCache()];
    const { finishReason, ids, tokens } = await answer(plain, prompt, { ...options, cache: expectedCache });
    const result = await answer(guessing, prompt, { ...options, speculate, cache });
    expect(result).toMatchObject({ finishReason, ids, tokens });
    expect(cachedIds(cache)).toEqual(cachedIds(expectedCache));
    expect(result.guesses!.right).toBeLessThanOrEqual(result.guesses!.made);
  });

  it('takes fewer runs when guesses are right, and tells how many were', async () => {
    const guessing = model();
    const { ids, guesses } = await answer(guessing, prompt, { maxNewTokens: 60, promptIds: prompt, speculate });
    expect(ids).toHaveLength(60);
    expect(guesses!.right).toBeGreaterThan(30);
    expect(guesses!.made).toBeGreaterThan(guesses!.right);
    // the last id of all may be a guess that was right
    expect([60, 61]).toContain(guessing.passes.length + guesses!.right);
  });

  it('guesses from the answer alone without ids of the prompt', async () => {
    const guessing = model();
    const { guesses } = await answer(guessing, prompt, { maxNewTokens: 60, speculate: {} });
    expect(guesses!.right).toBeGreaterThan(10);
  });

  it('leaves no guess in the cache of a consumer that stops early', async () => {
    for (let count = 1; count < 12; count++) {
      const guessing = model();
      const cache = guessing.createCache();
      const seen: number[] = [];
      for await (const { id } of generate(guessing, Float32Array.from(prompt), {
        cache,
        promptIds: prompt,
        speculate,
      })) {
        seen.push(id);
        if (seen.length === count) break;
      }
      expect(cachedIds(cache)).toEqual([...prompt, ...seen.slice(0, -1)]);
    }
  });

  it('ends by the signal as without', async () => {
    const controller = new AbortController();
    const guessing = model();
    const cache = guessing.createCache();
    const options = { cache, promptIds: prompt, speculate, signal: controller.signal };
    const generation = generate(guessing, Float32Array.from(prompt), options);
    const seen: number[] = [];
    for (let i = 0; i < 9; i++) {
      const next = await generation.next();
      if (next.done !== true) seen.push(next.value.id);
    }
    controller.abort();
    for (;;) {
      const next = await generation.next();
      if (next.done === true) {
        expect(next.value).toMatchObject({ ids: seen, finishReason: 'abort' });
        break;
      }
      seen.push(next.value.id);
    }
    expect(cachedIds(cache)).toEqual([...prompt, ...seen.slice(0, -1)]);
  });

  it('does without where the model cannot check guesses, and with beams', async () => {
    const plain = await answer(model({ shares: false }), prompt, { maxNewTokens: 20, speculate });
    expect(plain.guesses).toBeUndefined();
    const beams = { maxNewTokens: 20, beams: 2 };
    const { guesses, ids } = await answer(model(), prompt, { ...beams, speculate });
    expect(guesses).toBeUndefined();
    expect(ids).toEqual((await answer(model(), prompt, beams)).ids);
  });

  it.each([{ tokens: 0 }, { ngram: 0 }, { tokens: 1.5 }])('refuses %j', async bad => {
    const error = await rejectionOf(answer(model(), prompt, { speculate: bad }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain('bad speculate, expected tokens and ngram from 1');
  });
});
