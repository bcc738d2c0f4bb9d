import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { openDataset } from '@minigpt4/data-curation';
import { sharedPath } from '@minigpt4/testing';
import { loadMiniGPT4 } from 'minigpt4';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/make-set.js';
import { runProgram } from '../command-line/run-program.js';

const shard = sharedPath('data/emoji/test-twemoji.tar');
const things = 'volcano frog rocket umbrella bicycle grapes pizza boy snowman anchor'.split(' ');

describe.skipIf(!shard)('ten pictures with captions in a folder', async () => {
  const directory = await temporaryFolder();
  const pictures = join(directory, 'my-pictures');

  async function run(line: string) {
    const silent = () => new Writable({ write: (_, __, done) => done() });
    const exitCode = await runProgram([...line.split(' '), '--features', 'features', '--threads', '1'], {
      directory,
      version: '1.2.3',
      environment: {},
      stdout: silent(),
      stderr: silent(),
      interrupted: new AbortController().signal,
    });
    expect(exitCode).toBe(0);
  }

  it('become a projection that knows them, by the commands of the README', async () => {
    await mkdir(pictures);
    const images = new Map<string, Uint8Array>();
    for await (const { image, metadata } of (await openDataset(shard!)).samples()) {
      const label = String(metadata.label).replace(' face', '');
      if (!things.includes(label) || images.has(label)) continue;
      images.set(label, image);
      await writeFile(join(pictures, `${label}.webp`), image);
      await writeFile(join(pictures, `${label}.txt`), `a ${label}\n`);
    }
    expect(images.size).toBeGreaterThanOrEqual(7);

    const lengths = (steps: number) => `--batch-size 10 --steps ${steps} --schedule-steps ${steps} --sample-every 0`;
    await run(`stage1 --data my-pictures ${lengths(40)} --output runs/mine1`);
    await run(
      `stage2 --data my-pictures ${lengths(20)} --projection runs/mine1/projection.safetensors --output runs/mine2`,
    );
    const projection = join(directory, 'runs/mine2/projection.safetensors');
    await using model = await loadMiniGPT4('tiny', { projection, threads: 1 });
    const named: string[] = [];
    for (const [label, image] of images) {
      const { text } = await model.answer(image, 'What is this?', { maxNewTokens: 12 });
      if (text.includes(label)) named.push(label);
    }
    expect(named.length).toBeGreaterThan(0.7 * images.size);
  });
});
