import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImageFile } from './read-image-file.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-image-file-'));
  await writeFile(join(folder, 'five.bin'), Uint8Array.from([1, 2, 3, 4, 5]));
  await symlink('loop', join(folder, 'loop'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('readImageFile', () => {
  it('gives the bytes of a file within the limit', async () => {
    expect([...(await readImageFile(join(folder, 'five.bin'), { maxBytes: 5 }))]).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses a larger file, naming both sizes', async () => {
    await expect(readImageFile(join(folder, 'five.bin'), { maxBytes: 4 })).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
      message: expect.stringMatching(/^readImageFile: .*at most 4 bytes, got 5\./),
    });
  });

  it.each([
    ['a missing file', 'none.png', 'IMAGE_NOT_FOUND', /none\.png does not exist/],
    ['a missing folder', 'none/none.png', 'IMAGE_NOT_FOUND', /none\.png does not exist/],
    ['a folder', '.', 'IMAGE_UNREADABLE', /got a folder/],
    ['a file taken for a folder', 'five.bin/x.png', 'IMAGE_UNREADABLE', /got ENOTDIR/],
    ['a link to itself', 'loop', 'IMAGE_UNREADABLE', /got ELOOP/],
    ['a path that cannot be', 'a\0b', 'IMAGE_UNREADABLE', /got ERR_INVALID_ARG_VALUE/],
  ])('refuses %s by code', async (_, name, code, message) => {
    await expect(readImageFile(join(folder, name))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it.skipIf(process.platform === 'win32')('refuses a device without reading it', async () => {
    await expect(readImageFile('/dev/zero')).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: expect.stringContaining('not a plain file'),
    });
  });
});
