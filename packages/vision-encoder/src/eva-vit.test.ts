import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { merged, openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32, elementCount, float32ToFloat16, hostTensor } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import { expectClose, largestDifference, randomTensors, sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { evaClipViTg14, readEvaViTConfig, type EvaViTConfig } from './config.js';
import { evaViT, imageInput } from './eva-vit.js';

const tiny: EvaViTConfig = {
  imageSize: 8,
  patchSize: 4,
  width: 12,
  depth: 3,
  heads: 3,
  mlpWidth: 20,
  layerNormEpsilon: 1e-6,
  lnVisionEpsilon: 1e-5,
};

function build(config: EvaViTConfig, dtype?: 'float16') {
  const params = Params.root(dtype);
  const outputs = evaViT({ vision: params, lnVision: params.at('ln_vision') }, config)(imageInput(config));
  return { params, outputs };
}

/** The keys of `eva_vit_g.pth` that are used, with their shapes, and `ln_vision` of the BLIP-2 file. */
function originalKeys(): Record<string, number[]> {
  const keys: Record<string, number[]> = {
    'patch_embed.proj.weight': [1408, 3, 14, 14],
    'patch_embed.proj.bias': [1408],
    cls_token: [1, 1, 1408],
    pos_embed: [1, 257, 1408],
  };
  for (let i = 0; i < 39; i++) {
    const block: Record<string, number[]> = {
      'norm1.weight': [1408],
      'norm1.bias': [1408],
      'attn.qkv.weight': [4224, 1408],
      'attn.q_bias': [1408],
      'attn.v_bias': [1408],
      'attn.proj.weight': [1408, 1408],
      'attn.proj.bias': [1408],
      'norm2.weight': [1408],
      'norm2.bias': [1408],
      'mlp.fc1.weight': [6144, 1408],
      'mlp.fc1.bias': [6144],
      'mlp.fc2.weight': [1408, 6144],
      'mlp.fc2.bias': [1408],
    };
    for (const [key, shape] of Object.entries(block)) keys[`blocks.${i}.${key}`] = shape;
  }
  return { ...keys, 'ln_vision.weight': [1408], 'ln_vision.bias': [1408] };
}

describe('evaViT of ViT-g/14', () => {
  const { params, outputs } = build(evaClipViTg14);
  const manifest = params.manifest();

  it("asks for the original files' keys and no others", () => {
    expect(Object.fromEntries(manifest.map(({ name, shape }) => [name, shape]))).toEqual(originalKeys());
    expect(manifest.filter(({ name }) => !name.startsWith('ln_vision.'))).toHaveLength(511);
  });

  it('uses every parameter it asks for', () => {
    expect([...graph({ output: outputs.output }).parameters.keys()].sort()).toEqual(
      manifest.map(({ name }) => name).sort(),
    );
  });

  it('has 985,894,528 parameters, and 2,816 in ln_vision', () => {
    const count = (inNorm: boolean) =>
      manifest
        .filter(({ name }) => name.startsWith('ln_vision.') === inNorm)
        .reduce((sum, { shape }) => sum + elementCount(shape), 0);
    expect([count(false), count(true)]).toEqual([985_894_528, 2816]);
  });

  it('has the shapes it says at each seam', () => {
    expect(imageInput(evaClipViTg14).shape).toEqual(['batch', 3, 224, 224]);
    expect(outputs.patchEmbedding.shape).toEqual(['batch', 256, 1408]);
    expect(outputs.embeddings.shape).toEqual(['batch', 257, 1408]);
    expect(outputs.blocks.map(({ shape }) => shape)).toEqual(Array.from({ length: 39 }, () => ['batch', 257, 1408]));
    expect(outputs.output.shape).toEqual(['batch', 257, 1408]);
  });
});

describe('evaViT of a tiny random model', () => {
  const { params, outputs } = build(tiny);
  const weights = randomTensors(params.manifest());
  const [image] = Object.values(randomTensors([{ name: 'image', shape: [2, 3, 8, 8] }], 2));
  const half = image!.data.length / 2;
  const single = (i: number) => hostTensor('float32', [1, 3, 8, 8], image!.data.slice(i * half, (i + 1) * half));

  it('encodes two pictures as it encodes each alone', async () => {
    await using session = await createSession(graph({ output: outputs.output }));
    const run = async (pixels = image!) => (await session.run({ ...weights, image: pixels })).output!;
    const both = await run();
    expect(both.shape).toEqual([2, 5, 12]);
    const [first, second] = [asFloat32(await run(single(0))), asFloat32(await run(single(1)))];
    expectClose(asFloat32(both), [...first, ...second], { absolute: 1e-5, relative: 0 });
    expect(largestDifference(first, second).maxAbsolute).toBeGreaterThan(1e-2);
  });

  it('puts the class token first and adds the positions', async () => {
    const { patchEmbedding, embeddings } = outputs;
    await using session = await createSession(graph({ patchEmbedding, embeddings }));
    const results = await session.run({ ...weights, image: single(0) });
    const rows = [...weights.cls_token!.data, ...asFloat32(results.patchEmbedding!)];
    expectClose(
      asFloat32(results.embeddings!),
      rows.map((value, i) => value + weights.pos_embed!.data[i]!),
    );
  });

  it('gives the same in half precision, to its three digits', async () => {
    const output = build(tiny, 'float16').outputs.output;
    expect(output.dtype).toBe('float16');
    await using inHalf = await createSession(graph({ output }));
    await using inFull = await createSession(graph({ output: outputs.output }));
    const halved = Object.entries(weights).map(
      ([name, { shape, data }]) => [name, hostTensor('float16', shape, float32ToFloat16(data))] as const,
    );
    const results = await inHalf.run({ ...Object.fromEntries(halved), image: image! });
    const expected = await inFull.run({ ...weights, image: image! });
    expectClose(asFloat32(results.output!), asFloat32(expected.output!), { absolute: 1e-2, relative: 0 });
  });
});

const nano = sharedPath('goldens/nano');

describe.skipIf(!nano)('evaViT against the original', () => {
  it('encodes the reference pictures alike', async () => {
    const json = JSON.parse(await readFile(join(nano!, 'config.json'), 'utf8'));
    const { ln_vision: error } = JSON.parse(await readFile(join(nano!, 'float32_error.json'), 'utf8'));
    await using golden = await openCheckpoint(join(nano!, 'activations.safetensors'));
    await using weights = merged([
      await openCheckpoint(join(nano!, 'checkpoints/eva_vit.pth')),
      await openCheckpoint(join(nano!, 'checkpoints/blip2_pretrained.pth')),
    ]);
    const { output } = build(readEvaViTConfig(json.vision, json.ln_vision)).outputs;
    await using session = await createSession(graph({ output }), { weights });
    const result = await session.run({ image: await golden.read('images') });
    const expected = await golden.read('ln_vision');
    expect(result.output!.shape).toEqual(expected.shape);
    expectClose(asFloat32(result.output!), asFloat32(expected), {
      absolute: Math.max(10 * error.max_abs, 2e-6 * error.scale),
      relative: 0,
    });
  });
});
