import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32, random } from '@minigpt4/core';
import { expectClose, largestDifference, sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { normal, randomCheckpoint, temporaryFolder } from '../../test/random-model.js';
import { tinyConfig, withoutQFormer } from '../../test/tiny-config.js';
import { ImageEncoder, imageEncoderGraph } from './image-encoder.js';
import { readConfig } from '../model/read-config.js';
import { openModelWeights } from '../model/model-weights.js';

const folder = await temporaryFolder();
const pixels = normal([2, 3, 8, 8], random(2)).data.map(value => 4 * value);

describe.each([
  ['with a Q-Former', tinyConfig, 3],
  ['without one', withoutQFormer, 4],
])('ImageEncoder %s', (_, config, tokens) => {
  const weights = () => randomCheckpoint(join(folder, `${tokens}.safetensors`), [imageEncoderGraph(config)]);

  it('is a graph from pixels to embeddings of the language model', () => {
    const { inputs, outputs, parameters } = imageEncoderGraph(config);
    expect([...inputs].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ['image', 'float32', ['batch', 3, 8, 8]],
    ]);
    expect([...outputs].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ['embeddings', 'float32', ['batch', tokens, 16]],
    ]);
    expect([...parameters.keys()].some(name => name.startsWith('Qformer.'))).toBe(config.qformer !== undefined);
  });

  it('encodes two pictures as it encodes each alone', async () => {
    await using checkpoint = await weights();
    const encoder = await ImageEncoder.create(config, checkpoint, { threads: 1 });
    expect(encoder.tokens).toBe(tokens);
    const half = pixels.length / 2;
    const [first, second] = [
      await encoder.encode(pixels.subarray(0, half)),
      await encoder.encode(pixels.subarray(half)),
    ];
    expect(first).toHaveLength(tokens * 16);
    expectClose(await encoder.encode(pixels, 2), [...first, ...second], { absolute: 1e-5, relative: 0 });
    expect(largestDifference(first, second).maxAbsolute).toBeGreaterThan(1e-3);
    await encoder.dispose();
  });

  it('computes in half precision to its three digits', async () => {
    await using checkpoint = await weights();
    const [inFull, inHalf] = [
      await ImageEncoder.create(config, checkpoint),
      await ImageEncoder.create(config, checkpoint, { dtype: 'float16' }),
    ];
    expectClose(await inHalf.encode(pixels, 2), await inFull.encode(pixels, 2), { absolute: 1e-2, relative: 0 });
    await Promise.all([inFull.dispose(), inHalf.dispose()]);
  });
});

describe('ImageEncoder', () => {
  it('refuses pixels of another size, and to run once disposed', async () => {
    await using checkpoint = await randomCheckpoint(join(folder, 'small.safetensors'), [imageEncoderGraph(tinyConfig)]);
    const encoder = await ImageEncoder.create(tinyConfig, checkpoint);
    await expect(encoder.encode(pixels.subarray(1))).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    await encoder.dispose();
    await encoder.dispose();
    await expect(encoder.encode(pixels, 2)).rejects.toMatchObject({
      code: 'SESSION_DISPOSED',
      message: expect.stringMatching(/^image encoder: /),
    });
  });

  it('refuses weights that lack something', async () => {
    await using checkpoint = await randomCheckpoint(join(folder, 'partial.safetensors'), [
      imageEncoderGraph(withoutQFormer),
    ]);
    await expect(ImageEncoder.create(tinyConfig, checkpoint)).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      misshaped: [{ name: 'llama_proj.weight', expected: [16, 8], got: [16, 48] }],
    });
  });
});

const nano = sharedPath('goldens/nano');

describe.skipIf(!nano)('ImageEncoder against the original', () => {
  it('encodes the reference pictures alike', async () => {
    const json = async (name: string) => JSON.parse(await readFile(join(nano!, name), 'utf8'));
    const files = {
      vision: join(nano!, 'checkpoints/eva_vit.pth'),
      qformer: join(nano!, 'checkpoints/blip2_pretrained.pth'),
      projection: join(nano!, 'checkpoints/minigpt4_stage1.pth'),
      llm: join(nano!, 'checkpoints/llm'),
    };
    const config = await readConfig(await json('config.json'), files.llm);
    await using weights = await openModelWeights({ name: 'nano', config, files });
    await using golden = await openCheckpoint(join(nano!, 'activations.safetensors'));
    const encoder = await ImageEncoder.create(config, weights);
    const result = await encoder.encode(asFloat32(await golden.read('images')), 2);
    const { max_abs: error, scale } = (await json('float32_error.json')).projection;
    expectClose(result, asFloat32(await golden.read('projection')), {
      absolute: Math.max(10 * error, 2e-6 * scale),
      relative: 0,
    });
    await encoder.dispose();
  });
});
