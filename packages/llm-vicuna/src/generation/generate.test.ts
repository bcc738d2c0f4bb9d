import { readFileSync } from 'node:fs';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { cachedIds, hashModel, hashScores } from '../../test/hash-model.js';
import { answer, logProbabilitiesAfter } from '../../test/answer.js';
import { rejectionOf } from '../../test/thrown-by.js';
import { generate } from './generate.js';
import type { GenerationOptions } from './generation-options.js';
import type { LogitsProcessor } from './sampling.js';
import type { LanguageModel } from '../language-model.js';

interface FixtureRun {
  readonly prompt: readonly number[];
  readonly options: GenerationOptions & { readonly eosIds: readonly number[] };
  readonly sequences: readonly (readonly number[])[];
  readonly scores?: readonly number[];
}

interface Fixture {
  readonly vocabulary: number;
  readonly pad: number;
  readonly runs: readonly FixtureRun[];
}

const fixture = JSON.parse(
  readFileSync(new URL('./__fixtures__/transformers-generate.json', import.meta.url), 'utf8'),
) as Fixture;

/** What transformers would print: the first eos id at the end of a beam, and padding behind shorter rows. */
function asPrinted(sequences: readonly (readonly number[])[], { eosIds, beams }: FixtureRun['options']): number[][] {
  const length = Math.max(...sequences.map(ids => ids.length));
  return sequences.map(ids => {
    const printed = beams! > 1 ? ids.map(id => (eosIds.includes(id) ? eosIds[0]! : id)) : [...ids];
    return [...printed, ...Array.from({ length: length - ids.length }, () => fixture.pad)];
  });
}

describe.each([false, true])('generate, against transformers 4.46.3, caches shared: %s', shares => {
  it.each(fixture.runs.map((run, i) => [i, JSON.stringify(run.options), run] as const))(
    'run %i %s',
    async (_i, _o, run) => {
      const model = hashModel({ vocabulary: fixture.vocabulary, shares });
      const result = await answer(model, run.prompt, run.options);
      expect(asPrinted(result.sequences, run.options)).toEqual(run.sequences);
      expect(result.tokens.map(token => token.id)).toEqual(result.ids);
      expect(result.scores === undefined).toBe(run.scores === undefined);
      expectClose(result.scores ?? [], run.scores ?? [], { absolute: 1e-5, relative: 1e-6 });
    },
  );
});

/** The answer of a greedy search written in three lines. */
function greedy(prompt: readonly number[], count: number): number[] {
  const ids: number[] = [];
  while (ids.length < count) {
    const scores = hashScores([...prompt, ...ids], 23);
    ids.push(scores.indexOf(Math.max(...scores)));
  }
  return ids;
}

const prompt = [4, 8, 15];

describe('generate, id by id', () => {
  it('takes the most likely ids by default, 300 of them', async () => {
    const result = await answer(hashModel(), prompt);
    expect(result.ids).toEqual(greedy(prompt, 300));
    expect(result).toMatchObject({ finishReason: 'length', sequences: [result.ids] });
  });

  it('tells the log-probability the model gave, whatever the processors did', async () => {
    const result = await answer(hashModel(), prompt, {
      maxNewTokens: 3,
      repetitionPenalty: 5,
      temperature: 0.1,
      seed: 1,
    });
    const expected = result.ids.map((id, i) => {
      const scores = hashScores([...prompt, ...result.ids.slice(0, i)], 23);
      return scores[id]! - Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0));
    });
    expect(result.tokens).toHaveLength(3);
    expectClose(
      result.tokens.map(token => token.logProbability!),
      expected,
      { absolute: 1e-6, relative: 0 },
    );
  });

  it("ends at the model's end-of-sequence id, which stays", async () => {
    const ids = greedy(prompt, 6);
    const result = await answer(hashModel({ eosIds: [ids[4]!] }), prompt);
    expect(result.ids).toEqual(ids.slice(0, ids.indexOf(ids[4]!) + 1));
    expect(result.finishReason).toBe('stop');
  });

  it('ends at a stop sequence, which stays', async () => {
    const ids = greedy(prompt, 6);
    const result = await answer(hashModel(), prompt, { stopSequences: [[1, 1, 1, 1, 1, 1, 1], ids.slice(3, 5)] });
    expect(result.ids).toEqual(ids.slice(0, 5));
    expect(result.finishReason).toBe('stop');
  });

  it('draws the same ids for the same seed, others for another', async () => {
    const draw = async (seed: number) =>
      (await answer(hashModel(), prompt, { temperature: 1, seed, maxNewTokens: 40 })).ids;
    expect(await draw(3)).toEqual(await draw(3));
    expect(await draw(3)).not.toEqual(await draw(4));
  });

  it('draws other ids each time without a seed', async () => {
    const draw = async () => (await answer(hashModel(), prompt, { temperature: 2, maxNewTokens: 40 })).ids;
    expect(await draw()).not.toEqual(await draw());
  });

  it('draws among the top k only', async () => {
    const { ids } = await answer(hashModel(), prompt, { temperature: 3, topK: 2, seed: 5, maxNewTokens: 60 });
    ids.forEach((id, i) => {
      const scores = hashScores([...prompt, ...ids.slice(0, i)], 23);
      expect([...scores].sort((a, b) => b - a).indexOf(scores[id]!)).toBeLessThan(2);
    });
    expect(ids).not.toEqual(greedy(prompt, 60));
  });
});

describe('generate, what the caller asks of single ids', () => {
  it('lists the likeliest ids beside each id, whatever the processors did', async () => {
    const options = { maxNewTokens: 5, temperature: 2, seed: 3, logProbabilities: 4, repetitionPenalty: 3 };
    const { tokens, ids } = await answer(hashModel(), prompt, options);
    tokens.forEach(({ alternatives }, i) => {
      const all = logProbabilitiesAfter([...prompt, ...ids.slice(0, i)]).map((value, id) => [id, value] as const);
      const expected = all.sort(([, a], [, b]) => b - a).slice(0, 4);
      expect(alternatives!.map(({ id }) => id)).toEqual(expected.map(([id]) => id));
      const given = alternatives!.map(({ logProbability }) => logProbability);
      expectClose(
        given,
        expected.map(([, value]) => value),
        { absolute: 1e-6, relative: 0 },
      );
    });
  });

  it('lists nothing unless asked, and no more than there is', async () => {
    const first = async (logProbabilities?: number) => {
      const asked = logProbabilities === undefined ? {} : { logProbabilities };
      return (await answer(hashModel(), prompt, { maxNewTokens: 1, ...asked })).tokens[0]!.alternatives;
    };
    expect(await first()).toBeUndefined();
    expect(await first(50)).toHaveLength(23);
  });

  it.each([1, 3])('never chooses an id that is ruled out, with %i beams', async beams => {
    const [banned] = greedy(prompt, 1) as [number];
    const logitBias = { [banned]: Number.NEGATIVE_INFINITY };
    const { ids } = await answer(hashModel(), prompt, { beams, logitBias, maxNewTokens: 40 });
    expect(ids).toHaveLength(40);
    expect(ids).not.toContain(banned);
  });

  it.each([1, 3])("lets the caller's processors see the ids so far, with %i beams", async beams => {
    // allows one id only: the count of ids so far
    const counting: LogitsProcessor = (scores, generated) =>
      scores.fill(Number.NEGATIVE_INFINITY).fill(0, generated.length, generated.length + 1);
    const { ids } = await answer(hashModel(), prompt, { beams, processors: [counting], maxNewTokens: 5 });
    expect(ids).toEqual([0, 1, 2, 3, 4]);
  });

  it('repeats nothing under a large presence penalty', async () => {
    const { ids } = await answer(hashModel(), prompt, { presencePenalty: 100, maxNewTokens: 23 });
    expect(new Set(ids).size).toBe(23);
  });
});

describe('generate, the cache', () => {
  it('holds the prompt and all ids but the last', async () => {
    const model = hashModel();
    const cache = model.createCache();
    const { ids } = await answer(model, prompt, { cache, maxNewTokens: 5 });
    expect(cachedIds(cache)).toEqual([...prompt, ...ids.slice(0, -1)]);
    expect(model.passes).toEqual([
      [1, 3],
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  it.each([1, 3])('goes on from what it holds: two turns equal one, with %i beams', async beams => {
    const model = hashModel();
    const cache = model.createCache();
    const first = await answer(model, prompt, { cache, beams, maxNewTokens: 4 });
    const next = [first.ids.at(-1)!, 7, 7];
    const second = await answer(model, next, { cache, beams, maxNewTokens: 6 });
    const whole = await answer(hashModel(), [...prompt, ...first.ids, 7, 7], { beams, maxNewTokens: 6 });
    expect(second.ids).toEqual(whole.ids);
    expect(cachedIds(cache)).toEqual([...prompt, ...first.ids, 7, 7, ...second.ids.slice(0, -1)]);
  });

  it('matches the ids seen by a consumer that stops early', async () => {
    const model = hashModel();
    const cache = model.createCache();
    const seen: number[] = [];
    for await (const { id } of generate(model, Float32Array.from(prompt), { cache })) {
      seen.push(id);
      if (seen.length === 4) break;
    }
    expect(cachedIds(cache)).toEqual([...prompt, ...seen.slice(0, -1)]);
  });

  it('is as before the step when the model fails, and the error passes through', async () => {
    const model = hashModel();
    const cache = model.createCache();
    const failure = new Error('out of memory');
    const breaking: LanguageModel = {
      ...model,
      async forward(embeddings, past) {
        if (past.length < 5) return model.forward(embeddings, past);
        past.append(0, embeddings, embeddings, 1);
        throw failure;
      },
    };
    await expect(answer(breaking, prompt, { cache, maxNewTokens: 9 })).rejects.toBe(failure);
    expect(cachedIds(cache)).toEqual([...prompt, ...greedy(prompt, 2)]);
    expect((await answer(model, [greedy(prompt, 3)[2]!], { cache, maxNewTokens: 2 })).ids).toEqual(
      greedy(prompt, 5).slice(3),
    );
  });
});

describe('generate, aborted', () => {
  it('returns nothing and leaves the cache alone when the signal came first', async () => {
    const model = hashModel();
    const cache = model.createCache();
    for (const beams of [1, 2]) {
      const result = await answer(model, prompt, { cache, beams, signal: AbortSignal.abort() });
      expect(result).toMatchObject({ ids: [], finishReason: 'abort', sequences: [[]] });
    }
    expect(cache.length).toBe(0);
    expect(model.passes).toEqual([]);
  });

  it('returns the ids so far', async () => {
    const controller = new AbortController();
    const model = hashModel();
    const cache = model.createCache();
    const generation = generate(model, Float32Array.from(prompt), { cache, signal: controller.signal });
    for (let i = 0; i < 3; i++) await generation.next();
    controller.abort();
    const end = await generation.next();
    expect(end).toMatchObject({ done: true, value: { ids: greedy(prompt, 3), finishReason: 'abort' } });
    expect(cachedIds(cache)).toEqual([...prompt, ...greedy(prompt, 2)]);
  });

  it.each([1, 2])('stops a model that never waits, by a timer, with %i beams', async beams => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 5);
    const result = await answer(hashModel(), prompt, { beams, maxNewTokens: 3000, signal: controller.signal });
    expect(result.finishReason).toBe('abort');
    expect(result.ids.length).toBeGreaterThan(0);
  });

  it('takes an error of the aborted model for the abort it is', async () => {
    const controller = new AbortController();
    const model = hashModel();
    const aborting: LanguageModel = {
      ...model,
      async forward(embeddings, past, signal) {
        if (past.length === 4) controller.abort();
        signal?.throwIfAborted();
        return model.forward(embeddings, past);
      },
    };
    const cache = model.createCache();
    const result = await answer(aborting, prompt, { cache, signal: controller.signal });
    expect(result).toMatchObject({ ids: greedy(prompt, 2), finishReason: 'abort' });
    expect(cache.length).toBe(4);
  });
});

describe('generate, times', () => {
  it.each<GenerationOptions>([{ beams: 3 }, { temperature: 1, returnSequences: 3 }])(
    'tells how long the prompt and the answers took, %j',
    async options => {
      const { timings } = await answer(hashModel(), prompt, { ...options, maxNewTokens: 4 });
      expect(timings!.promptMs).toBeGreaterThan(0);
      expect(timings!.answersMs).toBeGreaterThan(0);
    },
  );

  it('leaves that to the reader where ids come one by one', async () => {
    expect((await answer(hashModel(), prompt, { maxNewTokens: 4 })).timings).toBeUndefined();
  });
});

describe('generate, bad input', () => {
  const cache = hashModel().createCache(2);
  it.each<[GenerationOptions]>([
    [{ maxNewTokens: 0 }],
    [{ maxNewTokens: 1.5 }],
    [{ minNewTokens: -1 }],
    [{ temperature: -1 }],
    [{ temperature: Number.NaN }],
    [{ temperature: Number.POSITIVE_INFINITY }],
    [{ topK: -2 }],
    [{ topP: 0 }],
    [{ topP: 1.1 }],
    [{ repetitionPenalty: 0 }],
    [{ beams: 0 }],
    [{ lengthPenalty: Number.NaN }],
    [{ returnSequences: 2 }],
    [{ returnSequences: 4, beams: 3 }],
    [{ stopSequences: [[]] }],
    [{ eosIds: [23] }],
    [{ seed: 0.5 }],
    [{ minP: -0.1 }],
    [{ minP: 1.1 }],
    [{ presencePenalty: Number.NaN }],
    [{ frequencyPenalty: Number.POSITIVE_INFINITY }],
    [{ logitBias: { 23: 1 } }],
    [{ logitBias: { 1.5: 1 } }],
    [{ logitBias: { 1: Number.NaN } }],
    [{ logitBias: { 1: Number.POSITIVE_INFINITY } }],
    [{ logProbabilities: -1 }],
    [{ logProbabilities: 1, beams: 2 }],
    [{ cache }],
  ])('refuses %j and names it', async options => {
    const name = Object.keys(options)[0]!;
    const error = await rejectionOf(answer(hashModel(), prompt, options));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toMatch(new RegExp(`^generate: bad ${name}, expected .+, got .+\\.`));
  });

  it.each([[[]], [[1, 2, 3]]])('refuses a prompt of %j for a model of width 2', async numbers => {
    const model: LanguageModel = { ...hashModel(), width: 2 };
    await expect(answer(model, numbers)).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  });

  it.each([1, 2])('refuses scores that are no numbers, with %i beams', async beams => {
    const model = hashModel({ scores: () => new Float32Array(23).fill(Number.NaN, 4, 5) });
    await expect(answer(model, prompt, { beams })).rejects.toMatchObject({ code: 'LOGITS_NOT_FINITE' });
  });
});
