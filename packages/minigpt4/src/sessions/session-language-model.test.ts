import { join } from 'node:path';
import { renamed, type Checkpoint } from '@minigpt4/checkpoint';
import { random } from '@minigpt4/core';
import type { KVCache, LlamaConfig } from '@minigpt4/llm-vicuna';
import { expectClose } from '@minigpt4/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normal, randomCheckpoint, temporaryFolder } from '../../test/random-model.js';
import { languageModelGraphs, SessionLanguageModel } from './session-language-model.js';

const config: LlamaConfig = {
  width: 12,
  intermediateWidth: 20,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 4,
  vocabularySize: 11,
  rmsNormEpsilon: 1e-6,
  ropeTheta: 10000,
  maxPositions: 300,
  tiedHead: false,
};
const { width, vocabularySize } = config;
const tolerance = { absolute: 1e-5, relative: 0 };
const folder = await temporaryFolder();

/** Embeddings of two rows; more tokens than are computed in one run. */
const tokens = 290;
const source = random(2);
const [first, second] = [normal([tokens, width], source).data, normal([tokens, width], source).data];
const part = (row: Float32Array, start: number, end: number) => row.subarray(start * width, end * width);

function joined(...rows: Float32Array[]): Float32Array {
  return Float32Array.from(rows.flatMap(row => [...row]));
}

describe('SessionLanguageModel', () => {
  let weights: Checkpoint;
  let model: SessionLanguageModel;

  beforeAll(async () => {
    const { embedTokens, decoderStep } = languageModelGraphs(config);
    weights = await randomCheckpoint(join(folder, 'llm.safetensors'), [embedTokens, decoderStep]);
    model = await SessionLanguageModel.create(config, weights, { eosIds: [2], threads: 1 });
  });
  afterAll(async () => {
    await model.dispose();
    await weights.close();
  });

  it('tells its sizes', () => {
    expect([model.width, model.vocabularySize, model.eosIds]).toEqual([12, 11, [2]]);
    expect(model.createCache(3).shape).toEqual([1, 3, 2, 4]);
  });

  it('embeds ids as rows of the table, and nothing as nothing', async () => {
    const { data } = await weights.read('model.embed_tokens.weight');
    const rows = [3, 0, 3].flatMap(id => [...(data as Float32Array).subarray(id * width, (id + 1) * width)]);
    expect([...(await model.embed([3, 0, 3]))]).toEqual(rows);
    expect(await model.embed([])).toHaveLength(0);
  });

  it('refuses an id that the table lacks, naming the part', async () => {
    await expect(model.embed([11])).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/^word embeddings: /),
    });
  });

  it('gives token by token what it gives at once', async () => {
    const [byToken, atOnce] = [model.createCache(), model.createCache()];
    for (let i = 0; i < 9; i++) {
      const step = await model.forward(part(first, i, i + 1), byToken);
      atOnce.truncate(0);
      const whole = await model.forward(part(first, 0, i + 1), atOnce);
      expect(step).toHaveLength(vocabularySize);
      expectClose(step, whole, tolerance);
    }
    expect([byToken.length, atOnce.length]).toEqual([9, 9]);
  });

  it('gives the same wherever a long prompt is cut', async () => {
    const whole = await model.forward(first, model.createCache());
    const cache = model.createCache();
    await model.forward(part(first, 0, 100), cache);
    expectClose(await model.forward(part(first, 100, tokens), cache), whole, tolerance);
    expect(cache.length).toBe(tokens);
  });

  it('runs two rows as it runs each alone, also in several runs', async () => {
    const alone = joined(
      await model.forward(first, model.createCache()),
      await model.forward(second, model.createCache()),
    );
    expectClose(await model.forward(joined(first, second), model.createCache(2)), alone, tolerance);
  });

  it.each([
    ['float32', tolerance],
    ['float16', { absolute: 5e-3, relative: 0 }],
  ] as const)('runs rows of different lengths as it runs each alone, in %s', async (dtype, difference) => {
    const ragged = await SessionLanguageModel.create(config, weights, { eosIds: [2], dtype, threads: 1 });
    const [long, short] = [part(first, 0, 150), part(second, 0, 7)];
    const cache = ragged.createCache(2);
    cache.markGap(1, 0, 143);
    const both = [
      await ragged.forward(joined(long, new Float32Array(143 * width), short), cache),
      await ragged.forward(joined(part(first, 150, 151), part(second, 7, 8)), cache.select([0, 1])),
      await ragged.forward(part(second, 7, 8), cache.select([1])),
    ];
    const [one, other] = [model.createCache(), model.createCache()];
    const alone = joined(await model.forward(long, one), await model.forward(short, other));
    const next = [
      await model.forward(part(first, 150, 151), one),
      await model.forward(part(second, 7, 8), other),
    ] as const;
    expectClose(joined(...both), joined(alone, ...next, next[1]), difference);
    await ragged.dispose();
  });

  it('runs tokens of several texts over one cache as it runs each text alone', async () => {
    const [one, other, shared] = [model.createCache(), model.createCache(), model.createCache()];
    const alone = joined(
      await model.forward(part(first, 0, 5), one),
      await model.forward(part(first, 5, 6), one),
      await model.forward(joined(part(first, 0, 4), part(second, 4, 5)), other),
    );
    await model.forward(part(first, 0, 4), shared);
    const row: readonly [number, number] = [0, 4];
    const each = await model.forwardEach(joined(part(first, 4, 6), part(second, 4, 5)), shared, [
      { position: 4, sees: [[0, 5]] },
      { position: 5, sees: [[0, 6]] },
      { position: 4, sees: [row, [6, 7]] },
    ]);
    expectClose(each, alone, tolerance);
    expect(shared.length).toBe(7);
    const places = [{ position: 5, sees: [row, [6, 8]] as const }];
    expectClose(
      await model.forwardEach(part(second, 5, 6), shared, places),
      await model.forward(part(second, 5, 6), other),
      tolerance,
    );
    await expect(model.forwardEach(part(second, 5, 6), shared, places, AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('goes on from an expanded cache with different tokens in each row', async () => {
    const prompt = model.createCache();
    await model.forward(part(first, 0, 20), prompt);
    const apart = prompt.expand(2);
    const both = await model.forward(joined(part(first, 20, 22), part(second, 20, 22)), apart);
    const alone = async (row: Float32Array) => model.forward(part(row, 20, 22), prompt.fork());
    expectClose(both, joined(await alone(first), await alone(second)), tolerance);
  });

  it('never looks at the first row of the cache', async () => {
    const logits = async (soil: (cache: KVCache) => void) => {
      const cache = model.createCache();
      soil(cache);
      await model.forward(part(first, 0, 5), cache);
      soil(cache);
      return model.forward(part(first, 5, 6), cache);
    };
    const rowSize = config.kvHeads * config.headSize;
    const garbage = await logits(cache => {
      for (let i = 0; i < config.layers; i++) {
        cache.key(i).fill(-1e5, 0, rowSize);
        cache.value(i).fill(1e5, 0, rowSize);
      }
    });
    expect(garbage).toEqual(await logits(() => undefined));
  });

  it('does nothing once the signal has come, and stops between the runs of a long prompt', async () => {
    const cache = model.createCache();
    await expect(model.forward(first, cache, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    expect(cache.length).toBe(0);

    await model.forward(part(second, 0, 4), cache);
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    await expect(model.forward(part(first, 4, tokens), cache, controller.signal)).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(cache.length).toBeGreaterThan(4);
    expect(cache.length).toBeLessThan(tokens);

    cache.truncate(4);
    const fresh = model.createCache();
    await model.forward(part(second, 0, 4), fresh);
    expectClose(
      await model.forward(part(first, 4, 6), cache),
      await model.forward(part(first, 4, 6), fresh),
      tolerance,
    );
  });

  it('says so when a prompt is longer than the positions it knows', async () => {
    const cache = model.createCache();
    await model.forward(first, cache);
    await expect(model.forward(part(second, 0, 11), cache)).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/^language model: [^]*out of range/),
    });
  });

  it('refuses weights that lack something', async () => {
    const partial = renamed(weights, name => (name.startsWith('model.layers.1.mlp') ? undefined : name));
    await expect(SessionLanguageModel.create(config, partial, { eosIds: [] })).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      missing: ['gate', 'up', 'down'].map(name =>
        expect.objectContaining({ name: `model.layers.1.mlp.${name}_proj.weight` }),
      ),
    });
  });

  it('computes in half precision to its three digits', async () => {
    const half = await SessionLanguageModel.create(config, weights, { eosIds: [2], dtype: 'float16' });
    const [inHalf, inFull] = [half.createCache(), model.createCache()];
    for (let i = 0; i < 3; i++) {
      const [got, expected] = [
        await half.forward(part(first, 2 * i, 2 * i + 2), inHalf),
        await model.forward(part(first, 2 * i, 2 * i + 2), inFull),
      ];
      expectClose(got, expected, { absolute: 5e-3, relative: 0 });
    }
    await half.dispose();
  });

  it('can be disposed twice', async () => {
    const brief = await SessionLanguageModel.create(config, weights, { eosIds: [2] });
    await brief.dispose();
    await brief.dispose();
    await expect(brief.embed([1])).rejects.toMatchObject({ code: 'SESSION_DISPOSED' });
  });
});
