import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32, elementCount, hostTensor } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph, input } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import { expectClose, largestDifference, randomTensors, sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { originalKeys } from '../test/original-keys.js';
import { blip2QFormer, readQFormerConfig, type QFormerConfig } from './config.js';
import { qformer } from './qformer.js';

const tiny: QFormerConfig = {
  queries: 3,
  width: 8,
  layers: 3,
  heads: 2,
  intermediateWidth: 10,
  crossAttentionFrequency: 2,
  encoderWidth: 6,
  layerNormEpsilon: 1e-12,
};

function build(config: QFormerConfig) {
  const params = Params.root();
  const outputs = qformer(params, config)(input('image', 'float32', ['batch', 'tokens', config.encoderWidth]));
  return { params, outputs };
}

describe("qformer of BLIP-2's sizes", () => {
  const { params, outputs } = build(blip2QFormer);
  const manifest = params.manifest();

  it("asks for the original file's keys and no others", () => {
    expect(Object.fromEntries(manifest.map(({ name, shape }) => [name, shape]))).toEqual(originalKeys());
    expect(manifest).toHaveLength(255); // with ln_vision, which the vision encoder asks for, 257
  });

  it('uses every parameter it asks for', () => {
    expect([...graph({ output: outputs.output }).parameters.keys()].sort()).toEqual(
      manifest.map(({ name }) => name).sort(),
    );
  });

  it('has 105,162,240 parameters, query tokens included', () => {
    expect(manifest.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(105_162_240);
  });

  it('gives 32 queries of 768 at each seam', () => {
    expect(outputs.embeddings.shape).toEqual(['batch', 32, 768]);
    expect(outputs.layers.map(({ shape }) => shape)).toEqual(Array.from({ length: 12 }, () => ['batch', 32, 768]));
    expect(outputs.output).toBe(outputs.layers[11]);
  });
});

describe('qformer of a tiny random model', () => {
  const { params, outputs } = build(tiny);
  const weights = randomTensors(params.manifest());
  const image = randomTensors([{ name: 'image', shape: [2, 5, tiny.encoderWidth] }], 2).image!;
  const half = image.data.length / 2;
  const single = (i: number) =>
    hostTensor('float32', [1, 5, tiny.encoderWidth], image.data.slice(i * half, (i + 1) * half));

  it('reads two pictures as it reads each alone', async () => {
    await using session = await createSession(graph({ output: outputs.output }));
    const run = async (tokens: typeof image) => (await session.run({ ...weights, image: tokens })).output!;
    const both = await run(image);
    expect(both.shape).toEqual([2, 3, 8]);
    const [first, second] = [asFloat32(await run(single(0))), asFloat32(await run(single(1)))];
    expectClose(asFloat32(both), [...first, ...second], { absolute: 1e-5, relative: 0 });
    expect(largestDifference(first, second).maxAbsolute).toBeGreaterThan(1e-2);
  });

  it('starts from the same queries for every picture', async () => {
    await using session = await createSession(graph({ embeddings: outputs.embeddings }));
    const { embeddings } = await session.run({ ...weights, image });
    const rows = asFloat32(embeddings!);
    expect([...rows.subarray(0, 24)]).toEqual([...rows.subarray(24)]);
  });
});

const nano = sharedPath('goldens/nano');

describe.skipIf(!nano)('qformer against the original', () => {
  it('reads the reference image tokens alike', async () => {
    const { qformer: json } = JSON.parse(await readFile(join(nano!, 'config.json'), 'utf8'));
    const errors = JSON.parse(await readFile(join(nano!, 'float32_error.json'), 'utf8'));
    const { max_abs: error, scale } = errors['qformer.output'];
    await using golden = await openCheckpoint(join(nano!, 'activations.safetensors'));
    await using weights = await openCheckpoint(join(nano!, 'checkpoints/blip2_pretrained.pth'));
    const { output } = build(readQFormerConfig(json)).outputs;
    await using session = await createSession(graph({ output }), { weights });
    const result = await session.run({ image: await golden.read('ln_vision') });
    const expected = await golden.read('qformer.output');
    expect(result.output!.shape).toEqual(expected.shape);
    expectClose(asFloat32(result.output!), asFloat32(expected), {
      absolute: Math.max(10 * error, 2e-6 * scale),
      relative: 0,
    });
  });
});
