import { mkdtemp, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors, type Checkpoint } from '@minigpt4/checkpoint';
import { random, type HostTensor } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { float32, temporaryFolder } from '../../test/support.js';
import { rememberedDigest, weightsDigest } from './weights-digest.js';

const folder = await temporaryFolder();
const { normal } = random(3);
const noise = float32([40, 32], Float32Array.from({ length: 1280 }, normal));
const formats = new Map([['a', 'int4 blocks']] as const);

/** Writes a file that has not changed for `age` seconds. */
async function writeAged(name: string, tensor: HostTensor, age: number): Promise<string> {
  const path = join(folder, `${name}.safetensors`);
  await writeSafetensors(path, { a: tensor });
  const time = new Date(Date.UTC(2020, 0, 1) - 1000 * age);
  if (age > 0) await utimes(path, time, time);
  return path;
}

/** A checkpoint that counts the rows that are read from it. */
function counting(checkpoint: Checkpoint): { checkpoint: Checkpoint; rows: () => number } {
  let rows = 0;
  const readRows: Checkpoint['readRows'] = (name, start, count) => {
    rows += count;
    return checkpoint.readRows(name, start, count);
  };
  return { checkpoint: { ...checkpoint, readRows }, rows: () => rows };
}

async function rowsRead(path: string, memory: string): Promise<[digest: string, rows: number]> {
  await using file = await openCheckpoint(path);
  const { checkpoint, rows } = counting(file);
  return [await rememberedDigest(checkpoint, formats, memory), rows()];
}

describe('rememberedDigest', () => {
  it('reads all rows once, and a few from then on', async () => {
    const memory = await mkdtemp(join(folder, 'memory-'));
    const path = await writeAged('old', noise, 60);
    await using file = await openCheckpoint(path);
    const digest = await weightsDigest(file, formats);
    const first = await rowsRead(path, memory);
    expect(first).toEqual([digest, 4 + 40 + 4]);
    expect(await rowsRead(path, memory)).toEqual([digest, 4]);
    expect((await readdir(memory)).filter(name => name.endsWith('.json'))).toHaveLength(1);
  });

  it('forgets a file of another time, or with another row among the few', async () => {
    const path = await writeAged('changing', noise, 60);
    const [digest] = await rowsRead(path, folder);
    await writeAged('changing', noise, 61);
    expect(await rowsRead(path, folder)).toEqual([digest, 48]);
    const other = float32([40, 32], noise.data.with(0, 9));
    await writeAged('changing', other, 61);
    const [changed, rows] = await rowsRead(path, folder);
    expect(changed).not.toBe(digest);
    expect(rows).toBe(48);
  });

  it('remembers nothing of a file that changed just now, nor of formats that are others', async () => {
    const path = await writeAged('fresh', noise, 0);
    const [digest] = await rowsRead(path, folder);
    expect(await rowsRead(path, folder)).toEqual([digest, 40]);
    const aged = await writeAged('aged', noise, 60);
    await rowsRead(aged, folder);
    await using file = await openCheckpoint(aged);
    const { checkpoint, rows } = counting(file);
    expect(await rememberedDigest(checkpoint, new Map([['a', 'int8 blocks']]), folder)).not.toBe(digest);
    expect(rows()).toBe(48);
  });

  it('reads all where its memory is broken or cannot be written', async () => {
    const path = await writeAged('broken', noise, 60);
    const memory = join(folder, 'nowhere');
    const [digest] = await rowsRead(path, memory);
    expect(await rowsRead(path, memory)).toEqual([digest, 48]);
    await rowsRead(path, folder);
    for (const name of await readdir(folder)) {
      if (name.endsWith('.json')) await writeFile(join(folder, name), '{"digest":"../../etc/passwd"}\n');
    }
    expect(await rowsRead(path, folder)).toEqual([digest, 48]);
  });

  it('knows packed tensors, which have no place, by the file that they are in', async () => {
    const path = await writeAged('packed', noise, 60);
    await using file = await openCheckpoint(path);
    const packed = (at: string) => counting({ ...file, path: at, location: () => undefined });
    await rememberedDigest(packed(path).checkpoint, formats, folder);
    const known = packed(path);
    await rememberedDigest(known.checkpoint, formats, folder);
    expect(known.rows()).toBe(4);
    const unknown = packed('a, b');
    await rememberedDigest(unknown.checkpoint, formats, folder);
    expect(unknown.rows()).toBe(40);
  });
});
