import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { weightsDirectory } from './weights-directory.js';

const directory = weightsDirectory();

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
}

describe('weightsDirectory', () => {
  it('is a model directory: an absolute path, and every file that its configuration names is there', async () => {
    expect(isAbsolute(directory)).toBe(true);
    const { files } = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'));
    expect(Object.keys(files).sort()).toEqual(['llm', 'projection', 'qformer', 'vision']);
    for (const path of Object.values<string>(files)) await expect(stat(join(directory, path))).resolves.toBeTruthy();
    const llm = await readdir(join(directory, files.llm));
    expect(llm.sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']);
  });

  it('takes less than 20 MB in all', async () => {
    const sizes = await Promise.all((await filesBelow(directory)).map(async path => (await stat(path)).size));
    expect(sizes.length).toBeGreaterThan(5);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(20e6);
  });
});

const original = sharedPath('models/tiny/README.md');

describe.skipIf(!original)('the frozen files of the package', () => {
  it('are the reference files, byte for byte', async () => {
    const rows = [...(await readFile(original!, 'utf8')).matchAll(/^\| `([^`]+)` \| ([\d,]+) \| ([\da-f]{16}) \|$/gm)];
    const frozen = rows.filter(([, name]) => !name!.startsWith('minigpt4_tiny_stage')); // the projections are our own
    const expected = frozen.map(([, name, bytes, digest]) => [name, Number(bytes!.replaceAll(',', '')), digest]);
    const found = await Promise.all(
      expected.map(async ([name]) => {
        const content = await readFile(join(directory, `${name}`));
        return [name, content.length, createHash('sha256').update(content).digest('hex').slice(0, 16)];
      }),
    );
    expect(found.length).toBeGreaterThan(5);
    expect(found).toEqual(expected);
  });
});
