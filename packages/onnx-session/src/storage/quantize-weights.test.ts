import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors, type Checkpoint } from '@minigpt4/checkpoint';
import { float32ToFloat16, hostTensor, random } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { float32, temporaryFolder } from '../../test/support.js';
import { defaultWeightFolder, quantizedCopy } from './quantize-weights.js';

const folder = await temporaryFolder();
const { normal } = random(2);
const values = (count: number) => Float32Array.from({ length: count }, normal);
const a = float32([4, 64], values(256));
const b = float32([3, 32], values(96));

async function checkpointOf(name: string, tensors: Parameters<typeof writeSafetensors>[1]): Promise<Checkpoint> {
  const path = join(folder, `${name}.safetensors`);
  await writeSafetensors(path, tensors);
  return openCheckpoint(path);
}

describe('quantizedCopy', () => {
  it('writes each matrix in its format, and finds it again', async () => {
    await using checkpoint = await checkpointOf('weights', { a, b });
    const copies = join(folder, 'deep/copies');
    const options = {
      formats: new Map([
        ['a', 'int4'],
        ['b', 'int16'],
      ] as const),
      folder: copies,
    };
    await using copy = await quantizedCopy(checkpoint, options);
    const parts = [
      'a.scales',
      'a.offsets',
      'a.values',
      'b.scales',
      'b.rows_0',
      'b.columns_0',
      'b.rows_1',
      'b.columns_1',
    ];
    expect([...copy.names()].sort()).toEqual(parts.toSorted());
    expect(copy.info('b.columns_1')).toMatchObject({ dtype: 'int8', shape: [32, 3] });
    const { mtimeMs, ino } = await stat(copy.path);
    await using again = await quantizedCopy(checkpoint, options);
    expect(again.path).toBe(copy.path);
    expect(await stat(copy.path)).toMatchObject({ mtimeMs, ino });
    expect(await readdir(copies)).toHaveLength(1);
  });

  it('is another file for other weights, formats, names and types, and the same for the same weights elsewhere', async () => {
    const half = hostTensor('float16', a.shape, float32ToFloat16(a.data));
    const changed = float32(a.shape, a.data.with(255, 0.5));
    await using checkpoint = await checkpointOf('all', { a, same: a, changed, half });
    await using elsewhere = await checkpointOf('elsewhere', { a });
    const pathOf = async (name: string, format: 'int8' | 'int4' = 'int8', from = checkpoint) => {
      await using copy = await quantizedCopy(from, {
        formats: new Map([[name, format]]),
        folder: join(folder, 'many'),
      });
      return copy.path;
    };
    const paths = [
      await pathOf('a'),
      await pathOf('same'),
      await pathOf('changed'),
      await pathOf('half'),
      await pathOf('a', 'int4'),
    ];
    expect(new Set(paths).size).toBe(paths.length);
    expect(await pathOf('a', 'int8', elsewhere)).toBe(paths[0]);
  });

  it('writes the parts of a packed format at once, and tells how far it is', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `m${i}`);
    await using checkpoint = await checkpointOf('twenty', Object.fromEntries(names.map(name => [name, b])));
    const told: string[] = [];
    await using copy = await quantizedCopy(checkpoint, {
      formats: new Map(names.map(name => [name, 'int4 blocks'])),
      folder: join(folder, 'packed'),
      onProgress: line => told.push(line),
    });
    expect([...copy.names()].sort()).toEqual(names.map(name => `${name}.packed`).sort());
    expect(copy.info('m0.packed')).toMatchObject({ dtype: 'uint8', shape: [64 + 64 + 64] });
    expect(told).toHaveLength(10);
    expect(told.at(-1)).toBe('writing weights in fewer bits: 20 of 20');
  });

  it('says where it could not write', async () => {
    await using checkpoint = await checkpointOf('few', { a });
    const file = join(folder, 'no-folder');
    await writeFile(file, '');
    const failing = quantizedCopy(checkpoint, { formats: new Map([['a', 'int8']]), folder: join(file, 'below') });
    await expect(failing).rejects.toMatchObject({ code: 'CHECKPOINT_WRITE', message: expect.stringContaining(file) });
  });
});

describe('defaultWeightFolder', () => {
  it("is in the user's cache", () => {
    expect(defaultWeightFolder({ XDG_CACHE_HOME: '/caches' })).toBe(join('/caches', 'minigpt4', 'weights'));
    expect(defaultWeightFolder({ XDG_CACHE_HOME: '' })).toMatch(/[\\/]\.cache[\\/]minigpt4[\\/]weights$/);
  });
});
