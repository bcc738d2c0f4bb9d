import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32, elementCount, hostTensor, type HostTensor } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { dump, graph, input } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import { expectClose, largestDifference, randomTensors, sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { allLogits, causalBias, createStepper, positionIds } from '../test/run-decoder.js';
import { readLlamaConfig, vicuna13b, vicuna7b, type LlamaConfig } from './config.js';
import { KVCache } from './kv-cache.js';
import { decoderStep, llama } from './llama.js';

const plain: LlamaConfig = {
  width: 12,
  intermediateWidth: 20,
  layers: 2,
  heads: 3,
  kvHeads: 3,
  headSize: 4,
  vocabularySize: 11,
  rmsNormEpsilon: 1e-6,
  ropeTheta: 10000,
  maxPositions: 32,
  tiedHead: false,
};

const kinds: readonly (readonly [string, LlamaConfig])[] = [
  ['as many key heads as query heads', plain],
  ['grouped queries', { ...plain, heads: 6, kvHeads: 2, headSize: 2 }],
  ['a tied head', { ...plain, tiedHead: true }],
  ['heads of another size than width / heads', { ...plain, headSize: 6 }],
  ['all of these together', { ...plain, heads: 4, kvHeads: 1, headSize: 10, tiedHead: true }],
];

const tolerance = { absolute: 1e-5, relative: 0 };

/** Every parameter that generation needs. */
function manifestOf(config: LlamaConfig) {
  const params = Params.root();
  decoderStep(llama(params, config), config);
  return params.manifest();
}

function cacheOf({ layers, kvHeads, headSize }: LlamaConfig, batch = 1): KVCache {
  return new KVCache({ layers, batch, kvHeads, headSize, capacity: 3 });
}

/** Tokens `start` to `end` of each row of (batch, tokens, width). */
function tokensOf({ shape, data }: HostTensor<'float32'>, start: number, end: number): HostTensor<'float32'> {
  const [batch, tokens, width] = shape as [number, number, number];
  const rows = Array.from({ length: batch }, (_, row) => [
    ...data.subarray((row * tokens + start) * width, (row * tokens + end) * width),
  ]);
  return hostTensor('float32', [batch, end - start, width], Float32Array.from(rows.flat()));
}

describe("llama of Vicuna's sizes", () => {
  it.each([
    ['7B', vicuna7b, 6_738_423_808],
    ['13B', vicuna13b, 13_015_874_560],
  ])('has as many parameters as %s', (_, config, count) => {
    expect(manifestOf(config).reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(count);
  });

  it("asks for the original file's keys and no others", () => {
    const expected: Record<string, number[]> = {
      'model.embed_tokens.weight': [32001, 4096],
      'model.norm.weight': [4096],
      'lm_head.weight': [32001, 4096],
    };
    for (let i = 0; i < 32; i++) {
      const layer = `model.layers.${i}`;
      for (const name of ['q', 'k', 'v', 'o']) expected[`${layer}.self_attn.${name}_proj.weight`] = [4096, 4096];
      for (const name of ['gate', 'up']) expected[`${layer}.mlp.${name}_proj.weight`] = [11008, 4096];
      expected[`${layer}.mlp.down_proj.weight`] = [4096, 11008];
      expected[`${layer}.input_layernorm.weight`] = [4096];
      expected[`${layer}.post_attention_layernorm.weight`] = [4096];
    }
    expect(Object.fromEntries(manifestOf(vicuna7b).map(({ name, shape }) => [name, shape]))).toEqual(expected);
  });

  it('asks for fewer rows of keys and values with grouped queries, and for no head where it is tied', () => {
    const shapes = new Map(manifestOf(kinds[4]![1]).map(({ name, shape }) => [name, shape]));
    expect(shapes.get('model.layers.1.self_attn.q_proj.weight')).toEqual([40, 12]);
    expect(shapes.get('model.layers.1.self_attn.k_proj.weight')).toEqual([10, 12]);
    expect(shapes.get('model.layers.1.self_attn.o_proj.weight')).toEqual([12, 40]);
    expect(shapes.has('lm_head.weight')).toBe(false);
  });
});

describe.each(kinds)('a tiny decoder with %s', (_, config) => {
  const weights = randomTensors(manifestOf(config), 3);
  const tokens = 7;
  const pair = randomTensors([{ name: 'pair', shape: [2, tokens, config.width] }], 4).pair!;
  const row = (i: number) =>
    hostTensor(
      'float32',
      [1, tokens, config.width],
      pair.data.slice(i * tokens * config.width, (i + 1) * tokens * config.width),
    );
  const one = row(0);

  it('gives token by token with a cache what it gives at once', async () => {
    const expected = await allLogits(config, weights, one);
    await using stepper = await createStepper(config, weights);
    const cache = cacheOf(config);
    for (let i = 0; i < tokens; i++) {
      const logits = await stepper.forward(tokensOf(one, i, i + 1), cache);
      expectClose(logits, expected.subarray(i * config.vocabularySize, (i + 1) * config.vocabularySize), tolerance);
    }
  });

  it('gives in chunks what it gives at once', async () => {
    await using stepper = await createStepper(config, weights);
    const whole = await stepper.forward(one, cacheOf(config));
    const cache = cacheOf(config);
    await stepper.forward(tokensOf(one, 0, 3), cache);
    await stepper.forward(tokensOf(one, 3, 5), cache);
    expectClose(await stepper.forward(tokensOf(one, 5, tokens), cache), whole, tolerance);
    expect(cache.length).toBe(tokens);
  });

  it('runs two rows as it runs each alone', async () => {
    await using stepper = await createStepper(config, weights);
    const run = async (rows: HostTensor<'float32'>) => {
      const cache = cacheOf(config, rows.shape[0]);
      await stepper.forward(tokensOf(rows, 0, 4), cache);
      return stepper.forward(tokensOf(rows, 4, tokens), cache);
    };
    const [first, second] = [await run(row(0)), await run(row(1))];
    expectClose(await run(pair), [...first, ...second], tolerance);
    expect(largestDifference(first, second).maxAbsolute).toBeGreaterThan(1e-2);
  });

  it('never looks at the first row of the cache', async () => {
    await using stepper = await createStepper(config, weights);
    const run = async (garbage: number) => {
      const cache = cacheOf(config);
      const reserved = config.kvHeads * config.headSize;
      const soil = () => {
        for (let i = 0; i < config.layers; i++) {
          for (const rows of [cache.key(i), cache.value(i)])
            for (let e = 0; e < reserved; e++) rows[e] = garbage * (e - 1);
        }
      };
      soil();
      await stepper.forward(tokensOf(one, 0, 5), cache);
      soil();
      return stepper.forward(tokensOf(one, 5, 6), cache);
    };
    expect(await run(1e6)).toEqual(await run(0));
  });
});

describe('grouped queries', () => {
  it('are full attention whose keys and values repeat', async () => {
    const grouped = { ...plain, heads: 6, kvHeads: 2, headSize: 4 };
    const weights = randomTensors(manifestOf(grouped), 3);
    const repeated = Object.entries(weights).map(([name, { shape, data }]) => {
      if (!/\.[kv]_proj\./.test(name)) return [name, hostTensor('float32', shape, data)] as const;
      const head = grouped.headSize * grouped.width;
      const rows = [0, 0, 0, 1, 1, 1].flatMap(kv => [...data.subarray(kv * head, (kv + 1) * head)]);
      return [name, hostTensor('float32', [3 * shape[0]!, shape[1]!], Float32Array.from(rows))] as const;
    });
    const x = randomTensors([{ name: 'x', shape: [1, 5, 12] }], 4).x!;
    const full = await allLogits({ ...grouped, kvHeads: 6 }, Object.fromEntries(repeated), x);
    expectClose(await allLogits(grouped, weights, x), full, tolerance);
  });
});

describe('decoderStep', () => {
  it('is a graph whose nodes are named after their modules', async () => {
    const config = { ...plain, layers: 1, heads: 4, kvHeads: 2 };
    const text = dump(graph(decoderStep(llama(Params.root(), config), config)));
    await expect(`${text}\n`).toMatchFileSnapshot('../test/one-layer-step.txt');
  });

  it('turns positions by the same tables in every layer', () => {
    const { nodes } = graph(decoderStep(llama(Params.root(), plain), plain));
    const turns = nodes.filter(({ op }) => op === 'RotaryEmbedding');
    expect(turns).toHaveLength(2 * plain.layers);
    expect(new Set(turns.flatMap(({ inputs }) => inputs.slice(2).map(({ value }) => value))).size).toBe(2);
  });

  it('takes and gives float32 when it computes in half precision', async () => {
    const model = llama(Params.root('float16'), plain);
    const step = graph(decoderStep(model, plain));
    const floats = [...step.inputs.values(), ...step.outputs.values()].filter(({ dtype }) => dtype !== 'int64');
    expect(floats.map(({ dtype }) => dtype)).toEqual(floats.map(() => 'float32'));
    expect([...step.parameters.values()].map(({ dtype }) => dtype)).toEqual([...step.parameters].map(() => 'float16'));
  });
});

describe('embedTokens', () => {
  it('gives the rows of the table', async () => {
    const params = Params.root();
    const embeddings = llama(params, plain).embedTokens(input('ids', 'int64', ['batch', 'tokens']));
    await using session = await createSession(graph({ embeddings }));
    const table = randomTensors([{ name: 'model.embed_tokens.weight', shape: [11, 12] }], 5);
    const ids = hostTensor('int64', [1, 3], BigInt64Array.of(10n, 0n, 10n));
    const result = await session.run({ ...table, ids });
    const rows = table['model.embed_tokens.weight']!.data;
    const expected = [10, 0, 10].flatMap(id => [...rows.subarray(12 * id, 12 * id + 12)]);
    expect(result.embeddings).toEqual(hostTensor('float32', [1, 3, 12], Float32Array.from(expected)));
  });
});

const nano = sharedPath('goldens/nano');

describe.skipIf(!nano)('llama against the original', () => {
  it.each(['checkpoints/llm', 'checkpoints/llm-bin'])('gives the reference logits with %s', async folder => {
    const { llm } = JSON.parse(await readFile(join(nano!, 'config.json'), 'utf8'));
    await using golden = await openCheckpoint(join(nano!, 'prompting.safetensors'));
    await using weights = await openCheckpoint(join(nano!, folder));
    const config = readLlamaConfig(llm);
    const model = llama(Params.root(), config);
    const { hidden } = model.decode(input('inputs_embeds', 'float32', ['batch', 'tokens', config.width]), {
      positionIds: input('position_ids', 'int64', ['batch', 'tokens']),
      attentionBias: input('attention_bias', 'float32', ['batch', 1, 'tokens', 'tokens']),
    });
    await using session = await createSession(graph({ logits: model.head(hidden) }), { weights });

    const embeddings = await golden.read('instruct.inputs_embeds');
    const { data: isReal } = await golden.read('instruct.attention_mask');
    const [batch, tokens] = embeddings.shape as [number, number, number];
    const bias = causalBias([batch, tokens]);
    for (let i = 0; i < bias.data.length; i++) {
      const [row, key] = [Math.floor(i / tokens ** 2), i % tokens];
      if (isReal[row * tokens + key] === 0) bias.data[i] = -3.4028234663852886e38;
    }
    const result = await session.run({
      inputs_embeds: embeddings,
      position_ids: positionIds(batch, tokens),
      attention_bias: bias,
    });
    const expected = asFloat32(await golden.read('instruct.logits'));
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expectClose(asFloat32(result.logits!), expected, { absolute: 1e-4 * largest, relative: 0 });
  });
});
