import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestFolder } from './digest-folder.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'digest-'));
  await mkdir(join(folder, 'dist'));
  await writeFile(join(folder, 'dist/index.js'), 'a');
});

afterEach(() => rm(folder, { recursive: true }));

describe('digestFolder', () => {
  it('is the same for the same files, wherever they lie', async () => {
    const before = await digestFolder(folder);
    await mkdir(join(folder, 'node_modules/nested'), { recursive: true });
    await writeFile(join(folder, 'node_modules/nested/index.js'), 'b');
    expect(await digestFolder(folder)).toBe(before);
  });

  it('tells another content, name or place', async () => {
    const digests = [await digestFolder(folder)];
    await writeFile(join(folder, 'dist/index.js'), 'b');
    digests.push(await digestFolder(folder));
    await rename(join(folder, 'dist/index.js'), join(folder, 'dist/main.js'));
    digests.push(await digestFolder(folder));
    await rename(join(folder, 'dist/main.js'), join(folder, 'main.js'));
    digests.push(await digestFolder(folder));
    expect(new Set(digests).size).toBe(4);
  });
});
