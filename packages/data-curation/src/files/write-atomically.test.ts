import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder } from '../__fixtures__/make-samples.js';
import { buildFolder, writeFileAtomically } from './write-atomically.js';

const failure = new Error('the disk is full');

describe('writeFileAtomically', () => {
  it('shows the file only when it is complete', async () => {
    await inTemporaryFolder(async folder => {
      const path = join(folder, 'deep', 'a.txt');
      const result = await writeFileAtomically(path, async append => {
        await append('one ');
        await append(Buffer.from('two'));
        expect(await readdir(join(folder, 'deep'))).not.toContain('a.txt');
        return 7;
      });
      expect([result, await readFile(path, 'utf8'), await readdir(join(folder, 'deep'))]).toEqual([
        7,
        'one two',
        ['a.txt'],
      ]);
    });
  });

  it('leaves the old file where writing fails', async () => {
    await inTemporaryFolder(async folder => {
      const path = join(folder, 'a.txt');
      await writeFile(path, 'old');
      const writing = writeFileAtomically(path, async append => {
        await append('new');
        throw failure;
      });
      await expect(writing).rejects.toThrow(failure);
      expect([await readFile(path, 'utf8'), await readdir(folder)]).toEqual(['old', ['a.txt']]);
    });
  });
});

describe('buildFolder', () => {
  const contents = ['list.json', 'images'];
  const fill = (text: string) => (path: string) => writeFile(join(path, 'list.json'), text);

  it('makes a new folder, also in place of an empty one', async () => {
    await inTemporaryFolder(async parent => {
      const folder = join(parent, 'a', 'set');
      await buildFolder({ folder, contents }, fill('1'));
      await mkdir(join(parent, 'empty'));
      await buildFolder({ folder: join(parent, 'empty'), contents }, fill('2'));
      expect(await readFile(join(folder, 'list.json'), 'utf8')).toBe('1');
      expect((await readdir(parent)).toSorted()).toEqual(['a', 'empty']);
    });
  });

  it('replaces a set only when told, keeps it where building fails, and never touches a foreign folder', async () => {
    await inTemporaryFolder(async parent => {
      const folder = join(parent, 'set');
      const exists = expect.objectContaining({ code: 'OUTPUT_EXISTS' });
      await buildFolder({ folder, contents }, fill('1'));
      await expect(buildFolder({ folder, contents }, fill('2'))).rejects.toThrow(exists);
      await expect(buildFolder({ folder, contents, overwrite: true }, () => Promise.reject(failure))).rejects.toThrow(
        failure,
      );
      expect(await readFile(join(folder, 'list.json'), 'utf8')).toBe('1');
      await buildFolder({ folder, contents, overwrite: true }, fill('3'));
      expect(await readFile(join(folder, 'list.json'), 'utf8')).toBe('3');
      await writeFile(join(folder, 'thesis.txt'), 'years of work');
      await expect(buildFolder({ folder, contents, overwrite: true }, fill('4'))).rejects.toThrow(exists);
      await writeFile(join(parent, 'file'), '');
      await expect(buildFolder({ folder: join(parent, 'file'), contents }, fill('5'))).rejects.toThrow(exists);
      expect((await readdir(parent)).toSorted()).toEqual(['file', 'set']);
      await symlink(folder, join(parent, 'link'));
      await expect(buildFolder({ folder: join(parent, 'link'), contents }, fill('6'))).rejects.toThrow(exists);
    });
  });
});
