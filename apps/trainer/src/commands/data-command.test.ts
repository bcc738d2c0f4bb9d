import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../command-line/run-program.js';
import { defaultEmojiFolder, defaultPackageFolder } from '../emoji/default-folders.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'minigpt4-data-'));
  await writeFile(join(directory, 'letter.txt'), 'dear');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function run(...args: string[]) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) =>
    new Writable({ write: (chunk, _, done) => ((written[name] += String(chunk)), done()) });
  const context = {
    directory,
    version: '1.2.3',
    environment: { XDG_CACHE_HOME: join(directory, 'cache') },
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    interrupted: new AbortController().signal,
  };
  return { code: await runProgram(args, context), ...written };
}

describe('data emoji', () => {
  it('leaves a folder of something else alone', async () => {
    const { code, stdout, stderr } = await run('data', 'emoji', '--output', '.', '--overwrite', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'OUTPUT_EXISTS', message: expect.stringContaining('letter.txt') as unknown },
    });
    expect(stderr).toBe('');
  });

  it('refuses a size that is none', async () => {
    const { code, stderr } = await run('data', 'emoji', '--size', '3');
    expect(code).toBe(2);
    expect(stderr).toContain('at least 16');
  });

  it('explains itself', async () => {
    const { code, stdout } = await run('data', 'emoji', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--openclipart <package|folder>');
  });
});

describe('where things are kept', () => {
  it('is the cache of the user', () => {
    const environment = { XDG_CACHE_HOME: join('/', 'c') };
    expect(defaultEmojiFolder(environment)).toBe(join('/', 'c', 'minigpt4', 'emoji'));
    expect(defaultPackageFolder(environment)).toBe(join('/', 'c', 'minigpt4', 'packages'));
    expect(defaultEmojiFolder({})).toMatch(/\.cache.minigpt4.emoji$/);
  });
});
