import { join } from 'node:path';
import { Writable } from 'node:stream';
import { writeWebDataset } from '@minigpt4/data-curation';
import { describe, expect, it } from 'vitest';
import { makeSamples, makeTar, temporaryFolder } from '../../test/make-set.js';
import { runProgram } from '../command-line/run-program.js';

describe('dataset doctor', async () => {
  const directory = await temporaryFolder();
  const clean = await makeTar(directory, 3);

  async function run(...args: string[]) {
    const written = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof written) =>
      new Writable({ write: (chunk, _, done) => ((written[name] += String(chunk)), done()) });
    const code = await runProgram(['dataset', 'doctor', ...args], {
      directory,
      version: '1.2.3',
      environment: { XDG_CACHE_HOME: join(directory, 'cache') },
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      interrupted: new AbortController().signal,
    });
    return { code, ...written };
  }

  it('tells everything that is wrong with a set, and what it shares with a test', async () => {
    const made = await makeSamples(5);
    const changes: readonly object[] = [
      { metadata: { license: 'MIT' } },
      { image: made[1]!.image.slice(0, 60) },
      { caption: 'many words '.repeat(60) },
      { caption: '...' },
      { image: made[0]!.image },
    ];
    const samples = made.map((sample, i) => ({ ...sample, ...changes[i] }));
    const [shard] = await writeWebDataset(samples, { folder: directory, name: 'wrong' });
    const { code, stdout } = await run('--data', shard!.path, '--against', shard!.path, '--json', '--previews', '1');
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      samples: 4,
      duplicateImages: [['picture-000', 'picture-004']],
      lookAlikes: [{ key: 'picture-004', other: 'picture-000' }],
      licences: { MIT: 1, unknown: 3 },
      skipped: { total: 1, byReason: { IMAGE_CORRUPT: 1 } },
      emptyLabels: ['picture-003'],
      cutLabels: ['picture-002'],
      leakage: { tested: 4, sameKey: ['picture-000', 'picture-002', 'picture-003', 'picture-004'] },
    });
    expect(found.problems).toHaveLength(6);
  });

  it('shows which tokens are learned, as the first stage and as the second', async () => {
    const one = await run('--data', clean, '--previews', '1');
    expect(one.stdout).toContain('picture-000: <s><image: 12 vectors>[a red house###]\n');
    const two = await run('--data', clean, '--previews', '1', '--stage', 'stage2');
    expect(two.stdout).toContain(
      '<image: 12 vectors></Img> Describe this image in detail. ###Assistant: [a red house###]\n',
    );
    expect(two.stdout).toContain('3 samples without a licence');
    expect(two.stdout).toMatch(/^ +\d+-\d+ #+ \d+$/mu);
  });
});
