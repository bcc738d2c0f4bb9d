import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32 } from '@minigpt4/core';
import { loadMiniGPT4 } from 'minigpt4';
import { loadLanguageModel } from 'minigpt4/language';
import { describe, expect, it } from 'vitest';
import { smallSizes } from '../../test/small-sizes.js';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { modelPresets, modelSizes } from './model-presets.js';
import { blip2Tensors, llamaTensors, parameterCount, projectionTensors, visionTensors } from './original-tensors.js';
import { writeModel } from './write-model.js';

const folder = await temporaryFolder();
const picture = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };

describe('writeModel', () => {
  it('writes a directory that answers about a picture', async () => {
    const directory = join(folder, 'whole');
    await writeModel(directory, smallSizes, { shardBytes: 20_000 });
    expect((await readdir(join(directory, 'llm'))).filter(name => name.startsWith('model-'))).not.toHaveLength(1);
    await using model = await loadMiniGPT4(directory, { threads: 1 });
    const { ids } = await model.answer(picture, 'What is this?', { maxNewTokens: 4, temperature: 0 });
    expect(ids.length).toBeGreaterThan(0);
  });

  it('writes the variant without a Q-Former', async () => {
    const directory = join(folder, 'llama2');
    await writeModel(directory, { ...smallSizes, eyes: { ...smallSizes.eyes, concatenated: true } });
    await using model = await loadMiniGPT4(directory, { threads: 1 });
    expect((await model.encodeImage(picture)).tokens).toBe(4);
  });

  it('writes the vision encoder in the mixed precision of the original, with what it leaves unused', async () => {
    await using file = await openCheckpoint(join(folder, 'whole', 'eva_vit_g.pth'));
    const types = [
      'pos_embed',
      'blocks.2.attn.q_bias',
      'blocks.0.norm1.weight',
      'blocks.0.mlp.fc1.bias',
      'head.weight',
    ];
    expect(types.map(name => file.info(name)?.dtype)).toEqual(['float32', 'float32', 'float32', 'float16', 'float16']);
  });

  it('writes a language model alone, norms at one and noise that differs from matrix to matrix', async () => {
    const directory = join(folder, 'language');
    await writeModel(directory, { llm: smallSizes.llm, projectionFile: '' });
    const { model } = await loadLanguageModel(directory, { threads: 1 });
    expect(await model.embed([271])).toHaveLength(32);
    await model.dispose();
    await using file = await openCheckpoint(directory);
    const read = async (name: string) => asFloat32(await file.read(name));
    expect(new Set(await read('model.norm.weight'))).toEqual(new Set([1]));
    const [gate, up] = [
      await read('model.layers.0.mlp.gate_proj.weight'),
      await read('model.layers.0.mlp.up_proj.weight'),
    ];
    expect(gate).not.toEqual(up);
    expect(Math.max(...gate.map(Math.abs))).toBeLessThan(0.15);
  });
});

describe('modelPresets', () => {
  it.each([
    ['vicuna-7b', 6_738_423_808],
    ['vicuna-13b', 13_015_874_560],
    ['llama2-7b', 6_738_415_616],
    ['llama-1.1b', 1_100_048_384],
  ])('%s has the parameters of the real language model', (name, expected) => {
    expect(parameterCount(llamaTensors(modelPresets[name]!.llm))).toBe(expected);
  });

  it('has the parameters of the real eyes and projections', () => {
    const { vision, qformer } = modelPresets['vicuna-7b']!.eyes!;
    const perBlock = 25_248_768;
    const unused = perBlock + 2 * 1408 + 1024 * 1409;
    expect(parameterCount(visionTensors(vision))).toBe(985_894_528 + unused);
    expect(parameterCount(blip2Tensors(vision, qformer))).toBe(108_314_880);
    expect(parameterCount(projectionTensors(5632, 4096))).toBe(23_072_768);
  });

  it('is cut to a depth, and named when unknown', () => {
    const { eyes, llm } = modelSizes('vicuna-7b', 2);
    expect([llm.layers, eyes?.vision.depth, eyes?.qformer?.layers]).toEqual([2, 2, 2]);
    expect(() => modelSizes('vicuna-8b')).toThrow(/expected one of vicuna-7b \| .*got "vicuna-8b"/);
  });
});
