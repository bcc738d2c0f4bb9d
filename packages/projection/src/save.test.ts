import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors } from '@minigpt4/checkpoint';
import { float32ToFloat16, hostTensor, zeros } from '@minigpt4/core';
import { sharedPath } from '@minigpt4/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initialProjection } from './init.js';
import { readProjection, saveProjection } from './save.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'projection-'));
});
afterAll(() => rm(folder, { recursive: true }));

const weights = initialProjection({ inputWidth: 6, outputWidth: 4, seed: 5 });
const mismatch = (message: RegExp) =>
  expect.objectContaining({ code: 'CHECKPOINT_MISMATCH', message: expect.stringMatching(message) });

describe('saveProjection', () => {
  it('writes what readProjection reads, bit for bit, with the names of the original', async () => {
    const path = join(folder, 'round.safetensors');
    await saveProjection(path, weights, { stage: '1' });
    expect(await readProjection(path, { inputWidth: 6, outputWidth: 4 })).toEqual(weights);
    await using checkpoint = await openCheckpoint(path);
    expect([...checkpoint.names()].sort()).toEqual(['llama_proj.bias', 'llama_proj.weight']);
  });

  it('leaves nothing but the file behind', async () => {
    const own = await mkdtemp(join(folder, 'own-'));
    await saveProjection(join(own, 'a.safetensors'), weights);
    await saveProjection(join(own, 'a.safetensors'), weights);
    expect(await readdir(own)).toEqual(['a.safetensors']);
  });

  it('refuses a weight and a bias of different projections', async () => {
    const bias = zeros('float32', [5]);
    await expect(saveProjection(join(folder, 'bad.safetensors'), { ...weights, bias })).rejects.toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH' }),
    );
  });
});

describe('readProjection', () => {
  it('reads half floats as float32 and passes over everything else', async () => {
    const path = join(folder, 'half.safetensors');
    await writeSafetensors(path, {
      'llama_proj.weight': hostTensor('float16', [2, 1], float32ToFloat16(Float32Array.of(0.5, -2))),
      'llama_proj.bias': hostTensor('float32', [2], Float32Array.of(1, 3)),
      'llama_model.model.layers.0.self_attn.rotary_emb.inv_freq': zeros('float32', [8]),
    });
    const { weight, bias } = await readProjection(path);
    expect(weight).toEqual(hostTensor('float32', [2, 1], Float32Array.of(0.5, -2)));
    expect(bias).toEqual(hostTensor('float32', [2], Float32Array.of(1, 3)));
  });

  it('says what the file holds when there is no projection in it', async () => {
    const path = join(folder, 'none.safetensors');
    await writeSafetensors(path, { 'llama_proj.weight': weights.weight, 'norm.weight': zeros('float32', [2]) });
    const message = /none\.safetensors: no projection .* expected llama_proj\.bias, got .*norm\.weight/;
    await expect(readProjection(path)).rejects.toThrow(mismatch(message));
  });

  it('explains a mix-up of widths', async () => {
    const path = join(folder, 'wide.safetensors');
    await saveProjection(path, initialProjection({ inputWidth: 5632, outputWidth: 2, seed: 1 }));
    const inputs = /expected llama_proj\.weight \[2,768\], got \[2,5632\]\. Inputs: 768 .* without Q-Former/;
    await expect(readProjection(path, { inputWidth: 768 })).rejects.toThrow(mismatch(inputs));
    const outputs = /\[4096,5632\], got \[2,5632\]\. Outputs: 4096 .*5120/;
    await expect(readProjection(path, { outputWidth: 4096 })).rejects.toThrow(mismatch(outputs));
  });

  it('refuses shapes that do not belong together', async () => {
    const path = join(folder, 'torn.safetensors');
    await writeSafetensors(path, { 'llama_proj.weight': weights.weight, 'llama_proj.bias': zeros('float32', [3]) });
    await expect(readProjection(path)).rejects.toThrow(mismatch(/do not belong together.*\[4,6\] and \[3\]/));
  });
});

const nano = sharedPath('goldens/nano');
describe.skipIf(!nano)('a checkpoint in the form of the released ones', () => {
  it('gives the pair from under `model`, past optimizer and scaler', async () => {
    const { weight, bias } = await readProjection(`${nano}/checkpoints/minigpt4_stage1.pth`, { inputWidth: 48 });
    expect([weight.shape, bias.shape]).toEqual([[64, 48], [64]]);
    expect(new Set(weight.data).size).toBeGreaterThan(3000);
  });
});
