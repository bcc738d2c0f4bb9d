import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32 } from '@minigpt4/core';
import { expect, it } from 'vitest';
import { writeRandomCheckpoint } from './random-checkpoint.js';

it('writes a checkpoint of the given shapes with small noise', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'minigpt4-random-'));
  const path = join(folder, 'model.safetensors');
  await writeRandomCheckpoint(path, [
    { name: 'a', shape: [3, 5] },
    { name: 'b', shape: [1000] },
  ]);
  const checkpoint = await openCheckpoint(path);
  expect(checkpoint.info('a')?.shape).toEqual([3, 5]);
  const values = asFloat32(await checkpoint.read('b'));
  expect(Math.max(...values.map(Math.abs))).toBeLessThan(0.15);
  expect(new Set(values).size).toBeGreaterThan(900);
  await checkpoint.close();
  await rm(folder, { recursive: true });
});

it('writes half precision, and ones for vectors, on demand', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'minigpt4-random-'));
  const path = join(folder, 'model.safetensors');
  const tensors = [
    { name: 'norm', shape: [5] },
    { name: 'matrix', shape: [40, 50] },
    { name: 'other', shape: [40, 50] },
  ];
  await writeRandomCheckpoint(path, tensors, { dtype: 'float16', vectors: 'ones' });
  const checkpoint = await openCheckpoint(path);
  expect([...asFloat32(await checkpoint.read('norm'))]).toEqual([1, 1, 1, 1, 1]);
  const [matrix, other] = [await checkpoint.read('matrix'), await checkpoint.read('other')];
  expect(matrix.dtype).toBe('float16');
  expect(new Set(asFloat32(matrix)).size).toBeGreaterThan(1000);
  expect(matrix.data).not.toEqual(other.data);
  await checkpoint.close();
  await rm(folder, { recursive: true });
});
