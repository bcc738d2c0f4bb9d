import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { random } from '@minigpt4/core';
import { weightsDirectory } from '@minigpt4/tiny';
import { expectClose, largestDifference, sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { normal, temporaryFolder } from '../../test/random-model.js';
import { loadLanguageModel } from '../language/load-language-model.js';
import { loadMiniGPT4 } from '../load.js';
import { describeModel } from '../model/model-directory.js';
import { openModelWeights } from '../model/model-weights.js';
import { ImageEncoder, type ComputeOptions, type QuantizeParts } from './image-encoder.js';
import type { LanguagePaths } from './language-paths.js';

const weightFolder = await temporaryFolder();
const shared = { threads: 1, weightFolder } as const;
const tinyLanguage = join(weightsDirectory(), 'llm');

/** Negative logarithm of what a model gives each token of a text, in the mean, and its guesses. */
async function score(source: string, ids: readonly number[], options: ComputeOptions) {
  const { model } = await loadLanguageModel(source, { ...shared, ...options });
  const places = ids.map((_, position) => ({ position, sees: [[0, position + 1]] as const }));
  const scores = await model.forwardEach(await model.embed(ids), model.createCache(), places);
  await model.dispose();
  const guesses: number[] = [];
  let sum = 0;
  for (let i = 0; i + 1 < ids.length; i++) {
    const logits = scores.subarray(i * model.vocabularySize, (i + 1) * model.vocabularySize);
    const most = logits.reduce((a, b) => Math.max(a, b));
    const total = logits.reduce((all, logit) => all + Math.exp(logit - most), 0);
    sum += most + Math.log(total) - logits[ids[i + 1]!]!;
    guesses.push(logits.indexOf(most));
  }
  return { loss: sum / (ids.length - 1), guesses };
}

const size = (values: Float32Array) => Math.hypot(...values);

describe('a language model in fewer bits', () => {
  /** Scores of the last of 40 random embeddings: as a prompt, and of one more. */
  async function run(
    options: ComputeOptions,
  ): Promise<{ prompt: Float32Array; next: Float32Array; paths: LanguagePaths }> {
    const { model } = await loadLanguageModel(tinyLanguage, { ...shared, ...options });
    const rows = await model.embed(Array.from({ length: 41 }, (_, i) => 7 * i + 3));
    const cache = model.createCache();
    const prompt = await model.forward(rows.subarray(0, 40 * model.width), cache);
    const next = await model.forward(rows.subarray(40 * model.width), cache);
    await model.dispose();
    return { prompt, next, paths: model.paths };
  }

  const off = (found: Float32Array, expected: Float32Array) =>
    size(found.map((value, i) => value - expected[i]!)) / size(expected);

  // measured: 0.026, 0.053 and 0.011
  it.each([
    [{ language: 'int4' }, 0.04],
    [{ language: 'int4', block: 128 }, 0.08],
    [{ language: 'int8' }, 0.015],
  ] as const)('%j gives the scores of the exact one but for %f', async (quantize, error) => {
    const exact = await run({});
    expect(exact.paths.decode).toBe('as stored');
    const { prompt, next, paths } = await run({ quantize });
    expect(paths.decode).toMatch(quantize.language);
    for (const [found, expected] of [
      [prompt, exact.prompt],
      [next, exact.next],
    ] as const) {
      expect(off(found, expected)).toBeLessThan(error);
      expect(off(found, expected)).toBeGreaterThan(0);
    }
  });

  it('runs prompts by the second copy and single rows by the first, and the same again from recorded paths', async () => {
    const paths = { decode: 'int4 blocks', prefill: 'int8 columns', prefillFrom: 8 } as const;
    const both = await run({ paths });
    const alone = (storage: 'int4 blocks' | 'int8 columns') =>
      run({ paths: { decode: storage, prefill: storage, prefillFrom: 1 } });
    expect(both.paths).toEqual(paths);
    expect(both.prompt).toEqual((await alone('int8 columns')).prompt);
    expect(off(both.next, (await alone('int4 blocks')).next)).toBeLessThan(0.2);
    expect(both.next).not.toEqual((await alone('int8 columns')).next);
    expect(await run({ paths: JSON.parse(JSON.stringify(both.paths)) as LanguagePaths })).toEqual(both);
  });

  it('writes a copy once, says so, and names its paths', async () => {
    const folder = join(weightFolder, 'once');
    const load = async () => {
      const told: string[] = [];
      const options = { quantize: { language: 'int4' }, weightFolder: folder, threads: 1 } as const;
      const { model } = await loadLanguageModel(tinyLanguage, { ...options, onProgress: line => told.push(line) });
      await model.dispose();
      return told;
    };
    const first = await load();
    expect(first.filter(line => line.startsWith('writing weights')).length).toBeGreaterThan(5);
    expect(first.at(-1)).toBe('language model: decode and prefill int4 (MatMulNBits)');
    expect((await load()).filter(line => line.startsWith('writing weights'))).toEqual([]);
    expect((await readdir(folder)).filter(name => name.endsWith('.safetensors'))).toHaveLength(1);
  });
});

describe('loadMiniGPT4 in fewer bits', () => {
  it('answers about a picture, and tells the paths', async () => {
    const quantize = { language: 'int8', vision: 'int8' } as const;
    await using model = await loadMiniGPT4('tiny', { ...shared, quantize, device: 'auto' });
    await using exact = await loadMiniGPT4('tiny', shared);
    const picture = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
    expect(model.language.paths?.decode).toMatch(/^int8/);
    const options = { maxNewTokens: 6, temperature: 0 };
    const [found, expected] = [
      await model.answer(picture, 'What is this?', options),
      await exact.answer(picture, 'What is this?', options),
    ];
    expect(found.text.slice(0, 5)).toBe(expected.text.slice(0, 5));
  });

  // measured: 4e-4 and 1.7e-2
  it.each([
    [{ vision: 'float16' }, 1e-3],
    [{ vision: 'int8' }, 2.5e-2],
  ] as const satisfies readonly (readonly [QuantizeParts, number])[])(
    '%j encodes pictures but for %f',
    async (quantize, error) => {
      const description = await describeModel('tiny');
      const { imageSize } = description.config.vision;
      const pixels = normal([2, 3, imageSize, imageSize], random(5)).data.map(value => 3 * value);
      const encode = async (options: ComputeOptions) => {
        await using weights = await openModelWeights(description);
        const encoder = await ImageEncoder.create(description.config, weights, { ...shared, ...options });
        const embeddings = await encoder.encode(pixels, 2);
        await encoder.dispose();
        return embeddings;
      };
      const [found, exact] = [await encode({ quantize }), await encode({})];
      const rootMeanSquare = size(exact) / Math.sqrt(exact.length);
      const { maxAbsolute } = largestDifference(found, exact);
      expect(maxAbsolute).toBeGreaterThan(0);
      expect(size(found.map((value, i) => value - exact[i]!)) / size(exact)).toBeLessThan(error);
      expect(maxAbsolute).toBeLessThan(10 * error * rootMeanSquare);
    },
  );
});

const smol = sharedPath('models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');
const goldens = sharedPath('goldens/smollm2');

describe.skipIf(!smol || !goldens)('SmolLM2 in fewer bits', () => {
  // measured on the 100 tokens of the fixed text: 0.081 nats and 79 %, 0.013 and 96 %
  it('loses at most 0.15 nats in 4 bits and 0.02 in 8, and guesses most tokens alike', async () => {
    const { text } = JSON.parse(await readFile(join(goldens!, 'logits.json'), 'utf8')) as {
      text: { ids: number[]; mean_cross_entropy: number };
    };
    const exact = await score(smol!, text.ids, {});
    expectClose([exact.loss], [text.mean_cross_entropy], { absolute: 1e-4 });
    for (const [language, nats, alike] of [
      ['int4', 0.15, 0.65],
      ['int8', 0.02, 0.93],
    ] as const) {
      const { loss, guesses } = await score(smol!, text.ids, { quantize: { language } });
      expect(loss - exact.loss).toBeLessThan(nats);
      const same = guesses.filter((guess, i) => guess === exact.guesses[i]).length;
      expect(same / guesses.length).toBeGreaterThan(alike);
    }
  }, 120_000);
});
