import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders: string[] = [];

afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true }))));

/** Runs a program as a module of this package, in a folder that git ignores; returns what it printed. */
async function run(code: string): Promise<string> {
  await mkdir(join(root, '.turbo'), { recursive: true });
  const folder = await mkdtemp(join(root, '.turbo', 'readme-'));
  folders.push(folder);
  await writeFile(join(folder, 'program.ts'), code);
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => void printed.push(values.join(' ')));
  await import(pathToFileURL(join(folder, 'program.ts')).href).finally(() => log.mockRestore());
  return printed.join('\n');
}

describe('the program that swaps a stage', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [, program = '', output = ''] = /## A stage of your own.*?```ts\n(.*?)```\n\n```\n(.*?)```/s.exec(readme) ?? [];

  it('has at most twenty lines', () => {
    expect(program).toContain('PictureEncoder');
    expect(program.trim().split('\n').length).toBeLessThanOrEqual(20);
  });

  it('prints what the README says, and something else about another colour', async () => {
    const about = (color: readonly number[]) =>
      program.replace("'rice-cracker.webp'", `{ width: 1, height: 1, data: Uint8Array.of(${color.join(', ')}) }`);
    expect(await run(about([150, 90, 60]))).toBe(output.trim());
    expect(await run(about([60, 120, 200]))).toMatch(/blue circle/);
  });
});
