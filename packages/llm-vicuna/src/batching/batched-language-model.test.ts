import { random } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { answer } from '../../test/answer.js';
import { cachedIds, hashModel, type HashModel } from '../../test/hash-model.js';
import { thrownBy } from '../../test/thrown-by.js';
import type { GenerationOptions } from '../generation/generation-options.js';
import type { LanguageModel } from '../language-model.js';
import { batchedLanguageModel } from './batched-language-model.js';

/** Prompts of different lengths. */
function prompts(count: number): number[][] {
  const draw = random(9);
  return Array.from({ length: count }, () => Array.from({ length: 1 + draw.integer(40) }, () => 4 + draw.integer(15)));
}

const alone = async (prompt: readonly number[], options?: GenerationOptions) =>
  (await answer(hashModel(), prompt, options)).ids;

const steps = ({ passes }: HashModel) => passes.filter(([batch]) => batch === 1);

/** A model that computes for a while, in which others can come. */
function slow(model: HashModel): HashModel {
  const turn = () => new Promise<void>(resolve => setImmediate(resolve));
  return {
    ...model,
    forward: async (...given) => turn().then(() => model.forward(...given)),
    forwardEach: async (...given) => turn().then(() => model.forwardEach!(...given)),
  };
}

describe('batchedLanguageModel', () => {
  it('answers twenty prompts at once as it answers each alone, in few runs', async () => {
    const inner = hashModel({ shares: true });
    const model = batchedLanguageModel(inner, { maxBatch: 20 });
    const all = prompts(20);
    // answers end one after another
    const options = all.map((_, i) => ({ maxNewTokens: 10 + 3 * i, cache: model.createCache() }));
    const answers = await Promise.all(all.map((prompt, i) => answer(model, prompt, options[i])));
    for (const [i, prompt] of all.entries()) {
      const { maxNewTokens, cache } = options[i]!;
      const { ids } = answers[i]!;
      expect(ids).toEqual(await alone(prompt, { maxNewTokens }));
      expect(cachedIds(cache)).toEqual([...prompt, ...ids.slice(0, -1)]);
    }
    const total = options.reduce((sum, { maxNewTokens }) => sum + maxNewTokens, 0);
    const longest = Math.max(...options.map(({ maxNewTokens }) => maxNewTokens));
    expect(total).toBe(770);
    // a prompt each, and the last to begin has up to twenty steps of the others before it
    expect(inner.passes.length).toBeLessThan(longest + 2 * 20);
  });

  it('lets answers come while others are on their way', async () => {
    const inner = hashModel({ shares: true });
    const model = batchedLanguageModel(slow(inner));
    const all = prompts(8);
    const started: Promise<unknown>[] = [];
    for (const [i, prompt] of all.entries()) {
      started.push(answer(model, prompt, { maxNewTokens: 25, seed: i, temperature: 1, repetitionPenalty: 1.2 }));
      for (let turn = 0; turn < 30 * (i % 3); turn++) await new Promise(resolve => setImmediate(resolve));
    }
    const answers = await Promise.all(started);
    for (const [i, prompt] of all.entries()) {
      const options = { maxNewTokens: 25, seed: i, temperature: 1, repetitionPenalty: 1.2 };
      expect(answers[i]).toMatchObject({ ids: await alone(prompt, options) });
    }
    expect(inner.passes.length).toBeLessThan(8 * 25 * 0.7);
  });

  it('takes beams, several answers and log-probabilities beside plain answers', async () => {
    const model = batchedLanguageModel(hashModel({ shares: true }));
    const kinds: GenerationOptions[] = [
      { maxNewTokens: 12 },
      { maxNewTokens: 12, beams: 3 },
      { maxNewTokens: 12, temperature: 1.2, returnSequences: 3, seed: 4 },
      { maxNewTokens: 12, logProbabilities: 2 },
    ];
    const [prompt] = prompts(1);
    const together = await Promise.all(kinds.map(options => answer(model, prompt!, options)));
    for (const [i, options] of kinds.entries()) {
      const { timings: _, ...rest } = await answer(hashModel(), prompt!, options);
      expect(together[i]).toMatchObject(rest);
    }
  });

  it('goes on alone when one is aborted, and again with what was said', async () => {
    const controller = new AbortController();
    const model = batchedLanguageModel(hashModel({ shares: true }));
    const [first, second] = prompts(2) as [number[], number[]];
    const cache = model.createCache();
    const aborting = (_: Float32Array, generated: readonly number[]) => {
      if (generated.length === 6) controller.abort();
    };
    const [cut, whole] = await Promise.all([
      answer(model, first, { cache, processors: [aborting], signal: controller.signal, maxNewTokens: 40 }),
      answer(model, second, { maxNewTokens: 40 }),
    ]);
    expect(cut.finishReason).toBe('abort');
    expect(cut.ids).toEqual(await alone(first, { maxNewTokens: cut.ids.length }));
    expect(whole.ids).toEqual(await alone(second, { maxNewTokens: 40 }));
    expect(cachedIds(cache)).toEqual([...first, ...cut.ids.slice(0, -1)]);
    const more = await answer(model, cut.ids.slice(-1), { cache, maxNewTokens: 5 });
    expect([...cut.ids, ...more.ids]).toEqual(await alone(first, { maxNewTokens: cut.ids.length + 5 }));
  });

  it('rejects a waiting call at once, and leaves its cache alone', async () => {
    const inner = hashModel({ shares: true });
    const model = batchedLanguageModel(slow(inner));
    const [busy, cache] = [model.createCache(), model.createCache()];
    const first = model.forward(Float32Array.of(1, 2, 3), busy);
    const controller = new AbortController();
    const waiting = model.forward(Float32Array.of(4), cache, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(model.forward(Float32Array.of(4), cache, controller.signal)).rejects.toThrow('enough');
    expect(cache.length).toBe(0);
    await first;
    expect(inner.passes).toEqual([[1, 3]]);
  });

  it('computes a long prompt in chunks, between which the others go on', async () => {
    const inner = hashModel({ shares: true });
    const model = batchedLanguageModel(inner, { chunkTokens: 4 });
    const long = Array.from({ length: 30 }, (_, i) => 4 + (i % 11));
    const [one, two] = await Promise.all([
      answer(model, [5, 6], { maxNewTokens: 12 }),
      answer(model, long, { maxNewTokens: 3 }),
    ]);
    expect([one.ids, two.ids]).toEqual([
      await alone([5, 6], { maxNewTokens: 12 }),
      await alone(long, { maxNewTokens: 3 }),
    ]);
    const counts = steps(inner).map(([, tokens]) => tokens);
    expect(counts.slice(0, 10)).toEqual([2, 1, 4, 1, 4, 1, 4, 1, 4, 1]);
  });

  it('ends a long prompt between two chunks when it is aborted', async () => {
    const inner = hashModel({ shares: true });
    const model = batchedLanguageModel(slow(inner), { chunkTokens: 4 });
    const controller = new AbortController();
    const cache = model.createCache();
    const result = answer(
      model,
      Array.from({ length: 100 }, () => 7),
      { cache, signal: controller.signal },
    );
    while (inner.passes.length < 3) await new Promise(resolve => setImmediate(resolve));
    controller.abort();
    expect(await result).toMatchObject({ ids: [], finishReason: 'abort' });
    expect(inner.passes.length).toBeLessThan(6);
    expect(cache.length).toBe(0);
  });

  it('lets the one fail that fails alone', async () => {
    const inner = hashModel({ shares: true });
    const failing: LanguageModel = {
      ...inner,
      forward: async (embeddings, cache) => {
        if (cachedIds(cache)[0] === 9 && cache.length > 5) throw new RangeError('too long');
        return inner.forward(embeddings, cache);
      },
      forwardEach: async (embeddings, cache, places) => {
        if (places.some(({ position, sees }) => position > 5 && cache.key(0)[1 + sees[0]![0]] === 9)) {
          throw new RangeError('one is too long');
        }
        return inner.forwardEach!(embeddings, cache, places);
      },
    };
    const model = batchedLanguageModel(failing);
    const cache = model.createCache();
    const answers = [[8, 8], [9, 8], [7]].map((prompt, i) =>
      answer(model, prompt, { maxNewTokens: 12, ...(i === 1 && { cache }) }),
    );
    await expect(answers[1]).rejects.toThrow('too long');
    expect((await answers[0])!.ids).toEqual(await alone([8, 8], { maxNewTokens: 12 }));
    expect((await answers[2])!.ids).toEqual(await alone([7], { maxNewTokens: 12 }));
    expect(cachedIds(cache)).toEqual([9, 8, ...(await alone([9, 8], { maxNewTokens: 4 }))]);
  });

  it('keeps scores that are no numbers from the others', async () => {
    const broken = (ids: readonly number[]) =>
      new Float32Array(23).fill(ids[0] === 9 && ids.length > 4 ? Number.NaN : 0).fill(1, 5, 6);
    const inner = hashModel({ shares: true, scores: broken });
    const spreading: HashModel = {
      ...inner,
      forwardEach: async (...given) => {
        const logits = await inner.forwardEach!(...given);
        return logits.some(Number.isNaN) ? logits.fill(Number.NaN) : logits;
      },
    };
    const model = batchedLanguageModel(spreading);
    const [good, bad] = [answer(model, [1, 2], { maxNewTokens: 9 }), answer(model, [9], { maxNewTokens: 9 })];
    await expect(bad).rejects.toMatchObject({ code: 'LOGITS_NOT_FINITE' });
    expect((await good).ids).toEqual(Array.from({ length: 9 }, () => 5));
  });

  it.each([
    ['sequences', { maxBatch: 2 }, { width: 2, positions: 50 }],
    ['positions', { maxPositions: 40 }, { width: 4, positions: 40 }],
  ])('keeps to its limit of %s', async (_, limit, most) => {
    const inner = hashModel({ shares: true });
    const widths: number[] = [];
    const rows: number[] = [];
    const counting: LanguageModel = {
      ...inner,
      forwardEach: async (embeddings, cache, places) => {
        widths.push(places.length);
        rows.push(places.reduce((sum, { position }) => sum + position + 1, 0));
        return inner.forwardEach!(embeddings, cache, places);
      },
    };
    const model = batchedLanguageModel(counting, limit);
    const all = prompts(5).map(prompt => [...prompt, 5, 6, 7, 8, 9].slice(0, 6));
    const answers = await Promise.all(all.map(prompt => answer(model, prompt, { maxNewTokens: 20 })));
    for (const [i, prompt] of all.entries()) {
      expect(answers[i]!.ids).toEqual(await alone(prompt, { maxNewTokens: 20 }));
    }
    expect(Math.max(...widths)).toBeGreaterThan(1);
    expect(Math.max(...widths)).toBeLessThanOrEqual(most.width);
    expect(Math.max(...rows)).toBeLessThanOrEqual(most.positions);
  });

  it('runs a sequence alone as the model itself does', async () => {
    const [inner, itself] = [hashModel({ shares: true }), hashModel({ shares: true })];
    const model = batchedLanguageModel(inner);
    for (const prompt of prompts(2)) {
      expect(await answer(model, prompt, { maxNewTokens: 9 })).toEqual(
        await answer(itself, prompt, { maxNewTokens: 9 }),
      );
    }
    expect(inner.passes).toEqual(itself.passes);
  });

  it('takes turns with a model that cannot share a cache', async () => {
    const model = batchedLanguageModel(slow(hashModel()));
    const plain = { ...model };
    delete plain.forwardEach;
    const all = prompts(4);
    const answers = await Promise.all(all.map(prompt => answer(plain, prompt, { maxNewTokens: 8 })));
    for (const [i, prompt] of all.entries()) expect(answers[i]!.ids).toEqual(await alone(prompt, { maxNewTokens: 8 }));
  });

  it('refuses limits below one', () => {
    const error = thrownBy(() => batchedLanguageModel(hashModel(), { maxBatch: 0 }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain('bad maxBatch, expected an integer from 1, got 0');
  });
});
