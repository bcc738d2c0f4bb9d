import { readFile } from 'node:fs/promises';
import { openDataset } from '@minigpt4/data-curation';
import { sharedPath } from '@minigpt4/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMiniGPT4 } from './load.js';
import type { MiniGPT4 } from './minigpt4.js';

interface Reference {
  readonly answers: Readonly<Record<string, readonly { readonly key: string; readonly answer: string }[]>>;
}

const directory = sharedPath('models/tiny');
const shard = sharedPath('data/emoji/test-twemoji.tar');

/** The length that the README of the reference answers names. */
const maxNewTokens = 60;

describe.skipIf(!directory || !shard)('answers of the tiny model', () => {
  const pictures = new Map<string, Uint8Array>();
  let reference: Reference;
  let original: MiniGPT4;
  let packaged: MiniGPT4;

  beforeAll(async () => {
    reference = JSON.parse(await readFile(`${directory}/reference.json`, 'utf8')) as Reference;
    const keys = new Set(Object.values(reference.answers).flatMap(list => list.map(({ key }) => key)));
    for await (const { key, image } of (await openDataset([shard!])).samples())
      if (keys.has(key)) pictures.set(key, image);
    const projection = `${directory}/minigpt4_tiny_stage2.pth`; // the package has a projection of its own
    [original, packaged] = (await Promise.all(
      [directory!, 'tiny'].map(source => loadMiniGPT4(source, { projection, threads: 1 })),
    )) as [MiniGPT4, MiniGPT4];
  });

  afterAll(async () => {
    await Promise.all([original.dispose(), packaged.dispose()]);
  });

  it('from the original-format files are the reference answers', async () => {
    let compared = 0;
    for (const [question, list] of Object.entries(reference.answers)) {
      for (const { key, answer } of list) {
        const { text } = await original.answer(pictures.get(key), question, { maxNewTokens });
        expect(text, `${key}: ${question}`).toBe(answer);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(20);
  });

  it('from the frozen parts of the package are those from the files', async () => {
    for (const picture of [...pictures.values()].slice(0, 5)) {
      const [a, b] = [await original.answer(picture, 'What is this?'), await packaged.answer(picture, 'What is this?')];
      expect(b.ids).toEqual(a.ids);
    }
  });
});
