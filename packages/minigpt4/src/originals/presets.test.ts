import type { Checkpoint } from '@minigpt4/checkpoint';
import { openCheckpoint, writeSafetensors } from '@minigpt4/checkpoint';
import { elementCount, float32ToFloat16, hostTensor, random, type HostTensor, type Shape } from '@minigpt4/core';
import { expectedTensors } from '@minigpt4/onnx-session';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/random-model.js';
import { asHuggingFace } from '../../test/tiny-originals.js';
import { openFrozenWeights } from '../model/model-weights.js';
import { ImageEncoder, imageEncoderGraph } from '../sessions/image-encoder.js';
import { languageModelGraphs } from '../sessions/session-language-model.js';
import { originalPresets, type OriginalPresetName } from './presets.js';

const folder = await temporaryFolder();

/** Names and shapes of a Hugging Face LLaMA, as its own code lists them. */
function llamaKeys(
  layers: number,
  [vocabulary, width, intermediate]: readonly [number, number, number],
): Record<string, number[]> {
  const keys: Record<string, number[]> = {
    'model.embed_tokens.weight': [vocabulary, width],
    'model.norm.weight': [width],
    'lm_head.weight': [vocabulary, width],
  };
  for (let i = 0; i < layers; i++) {
    const scope = `model.layers.${i}`;
    for (const part of ['q', 'k', 'v', 'o']) keys[`${scope}.self_attn.${part}_proj.weight`] = [width, width];
    for (const part of ['gate', 'up']) keys[`${scope}.mlp.${part}_proj.weight`] = [intermediate, width];
    keys[`${scope}.mlp.down_proj.weight`] = [width, intermediate];
    for (const norm of ['input_layernorm', 'post_attention_layernorm']) keys[`${scope}.${norm}.weight`] = [width];
  }
  return keys;
}

function shapesOf(tensors: readonly { name: string; shape: Shape }[]): Record<string, Shape> {
  return Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
}

const parametersIn = (shapes: Record<string, Shape>, pattern: RegExp) =>
  Object.entries(shapes).reduce((sum, [name, shape]) => sum + (pattern.test(name) ? elementCount(shape) : 0), 0);

describe('originalPresets', () => {
  it.each<[OriginalPresetName, number, Parameters<typeof llamaKeys>, number]>([
    ['vicuna-7b', 3_149_824, [32, [32001, 4096, 11008]], 6_738_423_808],
    ['vicuna-13b', 3_937_280, [40, [32001, 5120, 13824]], 13_015_874_560],
    ['llama2-7b', 23_072_768, [32, [32000, 4096, 11008]], 6_738_415_616],
  ])('%s asks for the tensors of the released files, all of them', (preset, projection, sizes, parameters) => {
    const { config } = originalPresets[preset];
    const eyes = shapesOf(expectedTensors(imageEncoderGraph(config)));
    const { embedTokens, decoderStep } = languageModelGraphs(config.llm);
    const words = shapesOf([embedTokens, decoderStep].flatMap(expectedTensors));
    expect(words).toEqual(llamaKeys(...sizes));
    expect(parametersIn(words, /./)).toBe(parameters);
    expect(parametersIn(eyes, /^(blocks|cls_token|pos_embed|patch_embed)/)).toBe(985_894_528);
    expect(parametersIn(eyes, /^(Qformer|query_tokens)/)).toBe(config.qformer === undefined ? 0 : 105_162_240);
    expect(parametersIn(eyes, /^ln_vision/)).toBe(2816);
    expect(parametersIn(eyes, /^llama_proj/)).toBe(projection);
    expect(Object.keys(eyes)).toHaveLength(511 + 2 + 2 + (config.qformer === undefined ? 0 : 255));
  });
});

/** Cheap noise for many elements: a few thousand of them, again and again. */
function noise(shapes: Record<string, Shape>, dtype: 'float16' | 'float32'): Record<string, HostTensor> {
  const source = random(5);
  const some = Float32Array.from({ length: 4099 }, () => 0.02 * source.normal());
  const halves = float32ToFloat16(some);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const size = elementCount(shape);
      if (dtype === 'float16' && shape.length > 1) {
        return [name, hostTensor('float16', shape, repeated(halves, new Uint16Array(size)))];
      }
      return [name, hostTensor('float32', shape, repeated(some, new Float32Array(size)))];
    }),
  );
}

function repeated<T extends Uint16Array | Float32Array>(some: T, into: T): T {
  for (let start = 0; start < into.length; start += some.length) {
    into.set(some.subarray(0, Math.min(some.length, into.length - start)), start);
  }
  return into;
}

describe('one block of each part at its real width', () => {
  it('sees the same through the original files and through those of Hugging Face', async () => {
    const { config: whole } = originalPresets['vicuna-7b'];
    const config = {
      ...whole,
      vision: { ...whole.vision, depth: 1 },
      qformer: { ...whole.qformer!, layers: 1 },
      llm: {
        ...whole.llm,
        width: 8,
        intermediateWidth: 8,
        layers: 1,
        heads: 1,
        kvHeads: 1,
        headSize: 8,
        vocabularySize: 4,
      },
    };
    const eyes = shapesOf(expectedTensors(imageEncoderGraph(config)));
    const languageKeys = llamaKeys(1, [4, 8, 8]);
    const pick = (pattern: RegExp) => Object.fromEntries(Object.entries(eyes).filter(([name]) => pattern.test(name)));
    const [vision, qformer] = [
      noise(pick(/^(blocks|cls_|pos_|patch_)/), 'float16'),
      noise(pick(/^(Q|query_|ln_)/), 'float32'),
    ];
    const file = (name: string) => join(folder, `${name}.safetensors`);
    await writeSafetensors(file('vision'), vision);
    await writeSafetensors(file('qformer'), qformer);
    await writeSafetensors(file('hugging-face'), asHuggingFace({ ...vision, ...qformer }));
    await writeSafetensors(file('rest'), noise({ ...languageKeys, ...pick(/^llama_proj/) }, 'float32'));

    const seen: Float32Array[] = [];
    for (const [eye, former] of [
      ['vision', 'qformer'],
      ['hugging-face', 'hugging-face'],
    ] as const) {
      const files = { vision: file(eye), qformer: file(former), projection: file('rest'), llm: file('rest') };
      await using weights = await openFrozenWeights({ name: eye, config, files });
      expectMapped(weights);
      const encoder = await ImageEncoder.create(config, weights, { threads: 1 });
      seen.push(await encoder.encode(new Float32Array(3 * 224 * 224).fill(0.3)));
      await encoder.dispose();
    }
    expect(seen[0]).toHaveLength(32 * 8);
    expect(seen[0]!.some(value => value !== seen[0]![0])).toBe(true);
    expect(seen[1]).toEqual(seen[0]);
    await using opened = await openCheckpoint(file('hugging-face'));
    expect(opened.info('vision_model.encoder.layers.0.self_attn.qkv.bias')?.shape).toEqual([4224]);
  });
});

/** Every tensor still lies where the engine can map it, the two halves of the fused bias too. */
function expectMapped(weights: Checkpoint): void {
  expect(weights.names().filter(name => weights.location(name) === undefined)).toEqual([]);
  expect(weights.location('blocks.0.attn.v_bias')?.length).toBe(1408 * 4);
}
