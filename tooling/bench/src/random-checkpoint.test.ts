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
