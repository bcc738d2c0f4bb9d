import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostTensor, zeros, type HostTensor } from '@minigpt4/core';
import { openCheckpoint, writeSafetensors, type CheckpointMismatchError } from '@minigpt4/checkpoint';
import { weightsDirectory } from '@minigpt4/tiny';
import { expectClose } from '@minigpt4/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMiniGPT4 } from './load.js';

describe('loadMiniGPT4', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'minigpt4-load-'));
    await cp(weightsDirectory(), directory, { recursive: true });
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function editConfig(edit: (config: Record<string, Record<string, unknown>>) => void): Promise<void> {
    const config = JSON.parse(await readFile(join(weightsDirectory(), 'config.json'), 'utf8')) as Record<
      string,
      Record<string, unknown>
    >;
    edit(config);
    await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  }

  async function editQFormer(edit: (tensors: Record<string, HostTensor>) => void): Promise<void> {
    const tensors: Record<string, HostTensor> = {};
    await using checkpoint = await openCheckpoint(join(weightsDirectory(), 'blip2_tiny.pth'));
    for (const name of checkpoint.names()) tensors[name] = await checkpoint.read(name);
    edit(tensors);
    await writeSafetensors(join(directory, 'qformer.safetensors'), tensors);
    await editConfig(config => {
      config.files!.qformer = 'qformer.safetensors';
    });
  }

  it('tells its steps and gives a model that can be disposed twice', async () => {
    const steps: string[] = [];
    const model = await loadMiniGPT4('tiny', { onProgress: step => steps.push(step), threads: 1 });
    expect(steps.length).toBeGreaterThan(1);
    await model.dispose();
    await model.dispose();
  });

  it('names what is neither a preset nor a directory', async () => {
    await expect(loadMiniGPT4('tyni')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('"tyni"'),
    });
  });

  it('reports every missing, mis-shaped and unknown tensor at once', async () => {
    await editQFormer(tensors => {
      delete tensors['ln_vision.weight'];
      tensors.query_tokens = zeros('float32', [1, 3, 128]);
      tensors.surprise = hostTensor('float32', [1], Float32Array.of(1));
    });
    const error = await loadMiniGPT4(directory).then(
      () => undefined,
      (thrown: unknown) => thrown as CheckpointMismatchError,
    );
    expect(error?.code).toBe('CHECKPOINT_MISMATCH');
    expect(error?.missing.map(({ name }) => name)).toEqual(['ln_vision.weight']);
    expect(error?.misshaped.map(({ name }) => name)).toEqual(['query_tokens']);
    expect(error?.unexpected).toEqual(['surprise']);
  });

  it('reads a Q-Former under its Hugging Face names', async () => {
    await editQFormer(tensors => {
      for (const name of Object.keys(tensors).filter(key => key.startsWith('Qformer.bert.'))) {
        const huggingFace = name
          .replace('Qformer.bert.', 'qformer.')
          .replace('embeddings.LayerNorm', 'layernorm')
          .replace('attention.self.', 'attention.attention.');
        tensors[huggingFace] = tensors[name]!;
        delete tensors[name];
      }
    });
    await using model = await loadMiniGPT4(directory);
    await using tiny = await loadMiniGPT4('tiny');
    const picture = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
    expect((await model.encodeImage(picture)).data).toEqual((await tiny.encodeImage(picture)).data);
  });

  it('computes in half precision when asked', async () => {
    await editConfig(() => {});
    await using half = await loadMiniGPT4(directory, { dtype: 'float16' });
    await using full = await loadMiniGPT4(directory);
    const picture = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
    const [coarse, fine] = [(await half.encodeImage(picture)).data, (await full.encodeImage(picture)).data];
    expectClose(coarse, fine, { absolute: 0.05, relative: 0.05 });
    expect(coarse).not.toEqual(fine);
    expect((await half.answer(picture, 'What is this?', { maxNewTokens: 3 })).text).toMatch(/^It is/);
  });

  it('resizes position embeddings to another image size', async () => {
    await editConfig(config => {
      config.vision!.img_size = 128;
    });
    await using model = await loadMiniGPT4(directory);
    expect((await model.encodeImage({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) })).tokens).toBe(12);
  });

  it('refuses parts whose widths do not meet', async () => {
    await editConfig(config => {
      config.qformer!.encoder_width = 64;
    });
    await expect(loadMiniGPT4(directory)).rejects.toMatchObject({ code: 'CONFIG_MISMATCH' });
  });
});
