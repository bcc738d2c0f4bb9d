import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { answer, logProbabilitiesAfter } from '../../test/answer.js';
import { cachedIds, hashModel } from '../../test/hash-model.js';
import type { LanguageModel } from '../language-model.js';

const prompt = [4, 8, 15];

describe('generate, several answers', () => {
  const drawn = { temperature: 1.5, topK: 9, seed: 40, maxNewTokens: 30, eosIds: [2, 3] };

  it('draws what each seed gives alone, best first', async () => {
    const model = hashModel();
    const result = await answer(model, prompt, { ...drawn, returnSequences: 6, lengthPenalty: 0.5 });
    const alone = await Promise.all(
      Array.from({ length: 6 }, (_, i) => answer(hashModel(), prompt, { ...drawn, seed: 40 + i })),
    );
    const scored = alone.map(({ ids, tokens, finishReason }) => {
      const sum = tokens.reduce((total, token) => total + token.logProbability!, 0);
      return { ids, finishReason, score: sum / Math.sqrt(ids.length) };
    });
    scored.sort((a, b) => b.score - a.score);
    expect(result.sequences).toEqual(scored.map(({ ids }) => ids));
    expect(new Set(result.sequences.map(String)).size).toBeGreaterThan(4);
    expectClose(
      result.scores!,
      scored.map(({ score }) => score),
      { absolute: 1e-6, relative: 0 },
    );
    expect(result).toMatchObject({ ids: scored[0]!.ids, finishReason: scored[0]!.finishReason });
    expect(result.tokens.map(token => token.id)).toEqual(result.ids);
  });

  it('reads the prompt once and drops answers that have ended', async () => {
    const model = hashModel();
    const { sequences } = await answer(model, prompt, { ...drawn, returnSequences: 5 });
    const lengths = sequences.map(ids => ids.length);
    const open = Array.from({ length: Math.max(...lengths) - 1 }, (_, step) => [
      lengths.filter(length => length > step + 1).length,
      1,
    ]);
    expect(model.passes).toEqual([[1, 3], ...open]);
  });

  it('leaves the best in the cache, and its log-probabilities with the ids', async () => {
    const model = hashModel();
    const cache = model.createCache();
    const { ids, tokens } = await answer(model, prompt, { ...drawn, cache, returnSequences: 3, logProbabilities: 2 });
    expect(cachedIds(cache)).toEqual([...prompt, ...ids.slice(0, -1)]);
    tokens.forEach(({ id, logProbability, alternatives }, i) => {
      const expected = logProbabilitiesAfter([...prompt, ...ids.slice(0, i)]);
      expectClose([logProbability!], [expected[id]!], { absolute: 1e-6, relative: 0 });
      expect(alternatives).toHaveLength(2);
    });
  });

  it('returns all as far as they are when the signal comes, the cache at the prompt', async () => {
    const controller = new AbortController();
    const model = hashModel();
    const cache = model.createCache();
    const aborting: LanguageModel = {
      ...model,
      async forward(embeddings, past, signal) {
        if (past.length === prompt.length + 3) controller.abort();
        signal?.throwIfAborted();
        return model.forward(embeddings, past);
      },
    };
    const options = { ...drawn, eosIds: [], cache, returnSequences: 3, signal: controller.signal };
    const result = await answer(aborting, prompt, options);
    expect(result.finishReason).toBe('abort');
    expect(result.sequences.map(ids => ids.length)).toEqual([4, 4, 4]);
    expect(cachedIds(cache)).toEqual(prompt);
  });
});
