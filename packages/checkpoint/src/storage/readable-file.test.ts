import { constants } from 'node:buffer';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support.js';
import { listDirectory, pathKind, ReadableFile } from './readable-file.js';

const folder = await temporaryFolder();
const path = join(folder, 'file');
await writeFile(path, 'abcdef');

describe('ReadableFile', () => {
  it('reads exact ranges', async () => {
    const file = await ReadableFile.open(path);
    expect(file.size).toBe(6);
    expect((await file.read(2, 3)).toString()).toBe('cde');
    expect((await file.read(6, 0)).length).toBe(0);
    await file.close();
  });

  it('refuses ranges beyond the end, and positions that are none', async () => {
    const file = await ReadableFile.open(path);
    for (const [offset, length] of [
      [0, 7],
      [7, 0],
      [-1, 2],
      [0, -1],
      [Number.NaN, 1],
      [0, 2 ** 60],
    ] as const)
      await expect(file.read(offset, length)).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
    await file.close();
  });

  it('says so when the file shrank', async () => {
    const shrinking = join(folder, 'shrinking');
    await writeFile(shrinking, 'abcdef');
    const file = await ReadableFile.open(shrinking);
    await truncate(shrinking, 3);
    await expect(file.read(0, 6)).rejects.toThrow(/expected at least 6 bytes, got 3/);
    await file.close();
  });

  it.skipIf(constants.MAX_LENGTH > 2 ** 40)('refuses more than one array can hold', async () => {
    const large = join(folder, 'large');
    await writeFile(large, '');
    await truncate(large, constants.MAX_LENGTH + 1);
    const file = await ReadableFile.open(large);
    await expect(file.read(0, file.size)).rejects.toMatchObject({ code: 'CHECKPOINT_LIMIT' });
    await file.close();
  });

  it('closes twice, and not in the middle of a read', async () => {
    const file = await ReadableFile.open(path);
    const reading = file.read(0, 6);
    await Promise.all([file.close(), file.close()]);
    expect((await reading).toString()).toBe('abcdef');
    await expect(file.read(0, 1)).rejects.toMatchObject({ code: 'CHECKPOINT_CLOSED' });
  });
});

describe('pathKind', () => {
  it('tells files, directories and others', async () => {
    expect(await pathKind(path)).toBe('file');
    expect(await pathKind(folder)).toBe('directory');
    await expect(pathKind('/dev/null')).rejects.toMatchObject({ code: 'CHECKPOINT_UNSUPPORTED' });
    await expect(pathKind(join(folder, 'none'))).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
    await expect(pathKind(join(path, 'below'))).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
    await expect(pathKind(join(folder, 'a\0b'))).rejects.toMatchObject({ code: 'CHECKPOINT_READ' });
    await expect(pathKind(join(folder, 'x'.repeat(300)))).rejects.toMatchObject({ code: 'CHECKPOINT_READ' });
  });
});

describe('listDirectory', () => {
  it('lists names in order, and codes a failure', async () => {
    await writeFile(join(folder, 'another'), '');
    expect((await listDirectory(folder)).slice(0, 2)).toEqual(['another', 'file']);
    await expect(listDirectory(path)).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
  });
});
