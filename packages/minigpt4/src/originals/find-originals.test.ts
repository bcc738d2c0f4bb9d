import { mkdir, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '@minigpt4/checkpoint';
import { hostTensor, random, zeros } from '@minigpt4/core';
import { weightsDirectory } from '@minigpt4/tiny';
import { beforeAll, describe, expect, it } from 'vitest';
import { normal, temporaryFolder } from '../../test/random-model.js';
import {
  originalNames,
  readAll,
  tinyPreset,
  writeHuggingFaceBlip2,
  writeOriginals,
} from '../../test/tiny-originals.js';
import { loadMiniGPT4 } from '../load.js';
import type { MiniGPT4 } from '../minigpt4.js';
import { describeModel } from '../model/model-directory.js';
import { openFrozenWeights } from '../model/model-weights.js';
import { describeOriginals, type OriginalsOptions } from './find-originals.js';

const folder = await temporaryFolder();
const tiny = await tinyPreset();
const { qformer: _, ...withoutQFormer } = tiny.config;
const presets = {
  'tiny-vicuna': tiny,
  'tiny-llama2': { ...tiny, config: { ...withoutQFormer, endSymbol: '</s>' } },
};
const picture = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };

let directories = 0;
const fresh = () => join(folder, `originals-${directories++}`);
const find = (directory: string, options: Partial<OriginalsOptions> = {}) =>
  describeOriginals({ directory, presets, ...options });

/** A projection of these widths under the name `llama_proj`. */
async function writeProjection(path: string, output: number, input: number): Promise<void> {
  const source = random(3);
  await writeSafetensors(path, {
    'llama_proj.weight': normal([output, input], source),
    'llama_proj.bias': normal([output], source),
  });
}

async function see(model: MiniGPT4): Promise<Float32Array> {
  return (await model.encodeImage(picture)).data;
}

describe('describeOriginals', () => {
  let expected: Float32Array;
  beforeAll(async () => {
    await using model = await loadMiniGPT4('tiny');
    expected = await see(model);
  });

  it('finds the downloads as they are, and they load', async () => {
    const directory = await writeOriginals(fresh());
    await writeFile(join(directory, 'training_args.bin'), 'no checkpoint');
    const description = (await find(directory))!;
    expect(description.name).toBe('tiny-vicuna');
    expect(description.config).toEqual(tiny.config);
    const files = Object.entries(originalNames).map(([part, name]) => [part, join(directory, name)]);
    expect(description.files).toEqual(Object.fromEntries(files));
    await using model = await loadMiniGPT4(description);
    expect(await see(model)).toEqual(expected);
  });

  it('goes by content: other names, a directory deeper, and BLIP-2 from Hugging Face for vision and Q-Former', async () => {
    const directory = await writeOriginals(fresh(), ['projection', 'llm']);
    await rename(join(directory, originalNames.projection), join(directory, 'checkpoint_4.pth'));
    await mkdir(join(directory, 'blip2-flan-t5-xxl'));
    const shard = 'model-00001-of-00010.safetensors';
    await writeHuggingFaceBlip2(join(directory, 'blip2-flan-t5-xxl', shard));
    // the other nine hold the language model of BLIP-2, which nobody needs here
    const index = {
      weight_map: { query_tokens: shard, 'language_model.shared.weight': 'model-00002-of-00010.safetensors' },
    };
    await writeFile(join(directory, 'blip2-flan-t5-xxl', 'model.safetensors.index.json'), JSON.stringify(index));
    const description = (await find(directory))!;
    expect(description.files.vision).toBe(join(directory, 'blip2-flan-t5-xxl', shard));
    expect(description.files.qformer).toBe(description.files.vision);
    await using model = await loadMiniGPT4(description);
    expect(await see(model)).toEqual(expected);
  });

  it('sees a whole sharded checkpoint by its index, once', async () => {
    const directory = await writeOriginals(fresh(), ['projection', 'llm']);
    await writeHuggingFaceBlip2(join(directory, 'all.safetensors'));
    const names = Object.keys(await readAll(join(directory, 'all.safetensors')));
    const weightMap = Object.fromEntries(names.map(name => [name, 'all.safetensors']));
    await writeFile(join(directory, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
    expect((await find(directory))!.files.vision).toBe(join(directory, 'model.safetensors.index.json'));
  });

  it('takes the variant without Q-Former by its projection, needs no BLIP-2 file and leaves ln_vision untrained', async () => {
    const directory = await writeOriginals(fresh(), ['vision', 'llm', 'qformer']);
    await writeProjection(join(directory, 'llama2.pth'), 256, 512);
    const description = (await find(directory))!;
    expect([description.name, description.config.qformer]).toEqual(['tiny-llama2', undefined]);
    expect(description.files).not.toHaveProperty('qformer');
    await using model = await loadMiniGPT4(description);
    const ones = join(directory, 'ones.safetensors');
    await writeSafetensors(ones, {
      'ln_vision.weight': hostTensor('float32', [128], new Float32Array(128).fill(1)),
      'ln_vision.bias': zeros('float32', [128]),
    });
    await using explicit = await loadMiniGPT4({ ...description, files: { ...description.files, qformer: ones } });
    expect((await model.encodeImage(picture)).tokens).toBe(9);
    expect(await see(model)).toEqual(await see(explicit));
  });

  it('lists everything that is missing and where one gets it', async () => {
    const directory = await writeOriginals(fresh(), ['qformer', 'llm']);
    const error = {
      code: 'MODEL_FILES_MISSING',
      message: expect.stringMatching(/eva_vit_g\.pth.*\n.*pretrained_tiny\.pth.*\ngot nothing/),
    };
    await expect(find(directory)).rejects.toMatchObject(error);
    await expect(find(await writeOriginals(fresh(), ['vision']))).rejects.toMatchObject({
      message: expect.stringMatching(/blip2_pretrained_flant5xxl\.pth.*\n.*pretrained_tiny.*\n.*Tiny Vicuna/),
    });
    const empty = fresh();
    await mkdir(empty);
    expect(await find(empty)).toBeUndefined();
    await expect(find(empty, { preset: 'tiny-vicuna' })).rejects.toMatchObject({ code: 'MODEL_FILES_MISSING' });
  });

  it('gives those who train one the model without a projection, which does not load', async () => {
    const directory = await writeOriginals(fresh(), ['vision', 'qformer', 'llm']);
    const description = (await find(directory))!;
    expect([description.name, description.files]).toEqual([
      'tiny-vicuna',
      expect.not.objectContaining({ projection: expect.anything() }),
    ]);
    await using frozen = await openFrozenWeights(description);
    expect(frozen.info('query_tokens')?.shape).toEqual([1, 12, 128]);
    await expect(loadMiniGPT4(description)).rejects.toMatchObject({ code: 'MODEL_FILES_MISSING' });
  });

  it('reports a file of the right name that cannot be read as what it is', async () => {
    const directory = await writeOriginals(fresh());
    await truncate(join(directory, originalNames.vision), 5000);
    await expect(find(directory)).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringContaining('eva_vit_g.pth'),
    });
  });

  it('asks which projection is meant, unless one has a released name or is given', async () => {
    const directory = await writeOriginals(fresh());
    await writeProjection(join(directory, 'stage1.pth'), 256, 128);
    await writeProjection(join(directory, 'for-another-llm.pth'), 300, 128);
    expect((await find(directory))!.files.projection).toBe(join(directory, originalNames.projection));
    await rename(join(directory, originalNames.projection), join(directory, 'stage2.pth'));
    await expect(find(directory)).rejects.toMatchObject({
      code: 'MODEL_AMBIGUOUS',
      message: expect.stringMatching(/stage1\.pth.*stage2\.pth/),
    });
    const chosen = await find(directory, { files: { projection: 'stage1.pth' } });
    expect(chosen!.files.projection).toBe(join(directory, 'stage1.pth'));
  });

  it('knows a delta from a model', async () => {
    const directory = await writeOriginals(fresh());
    await writeOriginals(join(directory), ['llm']);
    await rename(join(directory, originalNames.llm), join(directory, 'vicuna-7b-delta-v0'));
    await writeOriginals(directory, ['llm']);
    expect((await find(directory))!.files.llm).toBe(join(directory, originalNames.llm));
  });

  it('refuses a projection of other widths and a language model of other sizes than asked for', async () => {
    const directory = await writeOriginals(fresh(), ['vision', 'qformer', 'llm']);
    await writeProjection(join(directory, 'mine.pth'), 320, 128);
    await expect(find(directory)).rejects.toMatchObject({
      code: 'CONFIG_MISMATCH',
      message: expect.stringContaining('128 -> 256, the widths of its neighbours, got 128 -> 320'),
    });
    const other = await writeOriginals(fresh());
    await expect(describeModel('vicuna-7b', { directory: other })).rejects.toMatchObject({ code: 'CONFIG_MISMATCH' });
  });

  it.each([
    ['blip2_pretrained_flant5xl.pth', { 't5_proj.weight': zeros('float32', [2048, 1]) }, 'FLAN-T5 XL'],
    ['blip2-flan-t5-xxl-coco.pth', {}, 'COCO'],
  ])('refuses the Q-Former of %s', async (name, more, companion) => {
    const directory = await writeOriginals(fresh(), ['vision', 'projection', 'llm']);
    const tensors = await readAll(join(weightsDirectory(), 'blip2_tiny.pth'));
    await writeSafetensors(join(directory, name), { ...tensors, ...more });
    await expect(find(directory)).rejects.toMatchObject({
      code: 'QFORMER_MISMATCH',
      message: expect.stringContaining(companion),
    });
  });

  it('refuses a Hugging Face encoder whose keys have a bias', async () => {
    const directory = await writeOriginals(fresh(), ['qformer', 'projection', 'llm']);
    const bias = hostTensor('float32', [384], new Float32Array(384).fill(0.5));
    await writeHuggingFaceBlip2(join(directory, 'vit.safetensors'), {
      'vision_model.encoder.layers.3.self_attn.qkv.bias': bias,
    });
    const description = (await find(directory, { files: { qformer: originalNames.qformer } }))!;
    await expect(loadMiniGPT4(description)).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      message: expect.stringContaining('layers.3'),
    });
  });
});

describe('describeModel of presets that need files', () => {
  it.each([
    ['vicuna-7b', 'vicuna-7b-delta-v0'],
    ['vicuna-13b', 'pretrained_minigpt4.pth'],
    ['llama2-7b', 'Llama-2-7b-chat-hf'],
    ['smollm2-135m', 'GGUF'],
  ])('%s says what it is made of', async (preset, part) => {
    const error = { code: 'MODEL_NOT_FOUND', message: expect.stringContaining(part) };
    await expect(describeModel(preset)).rejects.toMatchObject(error);
    await expect(loadMiniGPT4(preset)).rejects.toMatchObject(error);
  });

  it('finds the originals in a directory without config.json, or with that of the language model', async () => {
    const directory = await writeOriginals(fresh(), ['vision', 'qformer', 'projection']);
    await expect(describeModel(directory)).rejects.toMatchObject({ code: 'MODEL_FILES_MISSING' });
    await writeOriginals(directory, ['llm']);
    // the released sizes are not these: the search went all the way
    await expect(describeModel(directory)).rejects.toMatchObject({ code: 'CONFIG_MISMATCH' });
  });
});
