import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors } from '@minigpt4/checkpoint';
import { float32ToFloat16, hostTensor, random, type HostTensor } from '@minigpt4/core';
import { gradients, graph, input, parameter } from '@minigpt4/onnx-graph';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { float32, temporaryFolder } from '../../test/support.js';
import { bindWeights } from '../bind-weights.js';
import { requireExactIntegers } from './exact-integers.js';
import { createSession } from '../session.js';
import type { WeightStorage } from './weight-storage.js';

const folder = await temporaryFolder();
const { normal } = random(8);
const noise = (...shape: [number, number]) =>
  float32(
    shape,
    Float32Array.from({ length: shape[0] * shape[1] }, () => 0.1 * normal()),
  );

/** A norm, a layer, one whose inputs blocks of 32 do not divide, and a head over a vocabulary. */
const tensors = {
  norm: float32([64], new Float32Array(64).fill(1.5)),
  layer: noise(60, 64),
  odd: noise(64, 60),
  head: noise(320, 64),
};
const x = input('x', 'float32', ['rows', 64]);
const product = (from: typeof x, name: 'layer' | 'odd' | 'head') =>
  from.fusedMatmul(parameter(name, tensors[name].shape), { transposeB: true });
const hidden = product(product(x.rmsNormalization(parameter('norm', [64]), 1e-6), 'layer').silu(), 'odd');
const loss = product(hidden, 'head').logSoftmax().slice(0, 1, 1).mean([0, 1]);
const step = graph({ loss, gradient: gradients(loss, [x])[0]! });

async function open(name: string, stored: Record<string, HostTensor>) {
  const path = join(folder, `${name}.safetensors`);
  await writeSafetensors(path, stored);
  return openCheckpoint(path);
}

async function run(storage: WeightStorage, stored: Record<string, HostTensor> = tensors, packWeights = true) {
  await using weights = await open(`weights-${storage}`, stored);
  const options = { weights, storage, packWeights, weightFolder: join(folder, storage) };
  await using session = await createSession(step, options);
  const feed = float32(
    [3, 64],
    Float32Array.from({ length: 192 }, (_, i) => Math.sin(i)),
  );
  const { loss: value, gradient } = await session.run({ x: feed });
  return { loss: (value!.data as Float32Array)[0]!, gradient: [...(gradient!.data as Float32Array)] };
}

const size = (values: readonly number[]) => Math.hypot(...values);
const plain = await run('as stored');

describe('storages', () => {
  // measured: 3e-4, 4e-4, 1e-2 and 9e-2
  it.each([
    ['float16', 1e-3],
    ['int16', 1e-3],
    ['int8', 2e-2],
    ['int4', 0.2],
  ] as const)('%s gives the loss and the gradient of float32 but for %f', async (storage, error) => {
    const found = await run(storage);
    expectClose([found.loss], [plain.loss], { relative: error });
    const off = size(found.gradient.map((value, i) => value - plain.gradient[i]!)) / size(plain.gradient);
    expect(off).toBeLessThan(error);
    expect(found.gradient).not.toEqual(plain.gradient);
    expect(await run(storage, tensors, false)).toEqual(found);
  });

  // measured: 0.125, 0.120, 0.120, 0.013, 0.011, 0.011 and 0.017
  it.each([
    ['int4 blocks', 0.15],
    ['int4 blocks of 64', 0.15],
    ['int4 blocks of 128', 0.15],
    ['int8 blocks', 0.02],
    ['int8 columns', 0.014],
    ['int8 columns, together', 0.014],
    ['int8 columns, rough', 0.02],
  ] as const)('%s, for inference alone, gives the scores of float32 but for %f', async (storage, error) => {
    await using weights = await open(`inference-${storage}`, tensors);
    const forward = graph({ logits: product(hidden, 'head') });
    await using exact = await createSession(forward, { weights });
    await using session = await createSession(forward, { weights, storage, weightFolder: join(folder, storage) });
    const feed = float32(
      [3, 64],
      Float32Array.from({ length: 192 }, (_, i) => Math.sin(i)),
    );
    const logits = async (from: typeof session) => (await from.run({ x: feed }))['logits']!.data as Float32Array;
    const [found, expected] = [await logits(session), await logits(exact)];
    const off = size(Array.from(found, (value, i) => value - expected[i]!)) / size([...expected]);
    expect(off).toBeLessThan(error);
    expect(off).toBeGreaterThan(0);
  });

  it('for inference have no way back', async () => {
    await using weights = await open('no-gradient', tensors);
    const options = { weights, storage: 'int8 blocks', weightFolder: join(folder, 'no-gradient') } as const;
    await expect(createSession(step, options)).rejects.toMatchObject({ code: 'QUANTIZED_USE' });
  });

  it('hold in 8 bits what loses most in 4', async () => {
    await using weights = await open('sensitive', tensors);
    const bound = await bindWeights(graph({ hidden, logits: product(hidden, 'head') }), weights, {
      storage: 'int4 blocks',
      weightFolder: join(folder, 'sensitive'),
      inEightBits: name => name === 'odd',
    });
    const bits = [...bound.sources].map(([name, source]) => [
      name,
      source.kind === 'blocks' ? source.bits : source.kind,
    ]);
    expect(Object.fromEntries(bits)).toEqual({ norm: 'file', layer: 4, odd: 8, head: 8 });
    await bound.close();
  });

  it('reads half precision from its file in place', async () => {
    const half = Object.fromEntries(
      Object.entries(tensors).map(([name, { shape, data }]) => [
        name,
        hostTensor('float16', shape, float32ToFloat16(data)),
      ]),
    );
    await using weights = await open('half', half);
    const bound = await bindWeights(step, weights, { storage: 'float16', weightFolder: join(folder, 'unused') });
    expect(bound.sources.get('layer')).toMatchObject({ kind: 'half', stored: { kind: 'file', dtype: 'float16' } });
    expect(bound.sources.get('norm')).toMatchObject({ kind: 'file', dtype: 'float16' });
    await bound.close();
    await expect(access(join(folder, 'unused'))).rejects.toThrow(/ENOENT/);
  });

  it('holds in 8 bits what 4 bits do not suit, and leaves vectors alone', async () => {
    await using weights = await open('mixed', tensors);
    const bound = await bindWeights(step, weights, { storage: 'int4', weightFolder: join(folder, 'mixed') });
    const kinds = Object.fromEntries([...bound.sources].map(([name, { kind }]) => [name, kind]));
    expect(kinds).toEqual({ norm: 'file', layer: 'int4', odd: 'integer', head: 'integer' });
    await bound.close();
    expect(await readdir(join(folder, 'mixed'))).toHaveLength(1);
  });

  it('is not asked for by default', async () => {
    await using weights = await open('plain', tensors);
    const bound = await bindWeights(step, weights);
    expect([...bound.sources.values()].map(({ kind }) => kind)).toEqual(['file', 'file', 'file', 'file']);
    await bound.close();
  });
});

describe('requireExactIntegers', () => {
  it('is content with a processor that the other tests run on', async () => {
    await expect(requireExactIntegers()).resolves.toBeUndefined();
  });
});
