import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@minigpt4/data-curation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathDigest } from '../model/file-digest.js';
import { type FakePackages, fakePackages } from './__fixtures__/fake-packages.js';
import { buildEmojiSet, type EmojiProgress } from './build-emoji-set.js';

let folder: string;
let fake: FakePackages;

const build = (name: string, changes: Partial<Parameters<typeof buildEmojiSet>[0]> = {}) =>
  buildEmojiSet({
    output: join(folder, name),
    packageFolder: join(folder, 'kept'),
    packages: fake.packages,
    pack: fake.pack,
    size: 32,
    ...changes,
  });

async function samplesOf(...path: string[]) {
  const dataset = await openDataset(join(folder, ...path));
  const samples = [];
  for await (const sample of dataset.samples()) samples.push(sample);
  expect(dataset.skipped.total).toBe(0);
  return samples;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'minigpt4-emoji-'));
  fake = await fakePackages(join(folder, 'npm'));
  await build('set');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('buildEmojiSet', () => {
  it('makes every file of a set and nothing else', async () => {
    const names = (await readdir(join(folder, 'set'))).toSorted();
    expect(names).toEqual([
      'NOTICE',
      'contact-sheet.webp',
      'manifest.json',
      'stage1-000000.tar',
      'stage2',
      'test-openmoji.tar',
      'test-twemoji.tar',
      'val-streamline.tar',
    ]);
    expect((await readdir(folder)).toSorted()).toEqual(['kept', 'npm', 'set']);
    expect(fake.asked).toHaveLength(fake.packages.length);
  });

  it('gives each sample all that is known of it', async () => {
    const samples = await samplesOf('set', 'stage1-000000.tar');
    const sample = samples.find(({ metadata }) => metadata['style'] === 'fxemoji')!;
    expect(sample.metadata).toEqual({
      key: expect.stringMatching(/^fxemoji-\d{5}$/) as unknown,
      caption: sample.caption,
      label: 'rocket',
      keywords: ['launch', 'space', 'space ship'],
      colours: ['red'],
      group: 'travel and places',
      subgroup: 'transport-air',
      style: 'fxemoji',
      license: 'CC-BY-4.0',
      concept: '1F680',
    });
    expect(sample.caption).toMatch(/rocket|launch|space/);
  });

  it('keeps held-out concepts and cells out of everything it trains on', async () => {
    const samples = await samplesOf('set', 'stage1-000000.tar');
    const drawn = samples.map(({ metadata }) => `${metadata['concept'] as string} ${metadata['style'] as string}`);
    expect(drawn.filter(name => name.startsWith('1F355'))).toEqual([]);
    expect(drawn).toContain('00AE emojione');
    expect(drawn.filter(name => name.startsWith('00AE noto'))).toEqual([]);
    expect(samples.filter(({ caption }) => caption.includes('pizza'))).toEqual([]);
  });

  it('takes one skin tone a style, and only for styles that say so', async () => {
    const toned = (await samplesOf('set', 'stage1-000000.tar')).filter(({ metadata }) =>
      (metadata['label'] as string).includes('skin tone'),
    );
    expect(toned.map(({ metadata }) => metadata['style'] as string).toSorted()).toEqual([
      'emojione',
      'fluent-emoji-flat',
      'noto',
      'noto-v1',
    ]);
    expect(new Set(toned.map(({ metadata }) => metadata['concept']))).toEqual(new Set(['1F44B']));
    const tested = await samplesOf('set', 'test-twemoji.tar');
    expect(tested.map(({ metadata }) => metadata['label'])).toEqual(['waving hand', 'rocket', 'sun']);
  });

  it('describes things and flags for stage 2', async () => {
    const samples = await samplesOf('set', 'stage2');
    const flag = samples.find(({ metadata }) => metadata['style'] === 'flagpack')!;
    expect(flag.caption).toBe(
      'The image shows the flag of Sweden. It has blue with a golden yellow cross. It is mostly blue and yellow. It belongs to flags.',
    );
    const rocket = samples.find(({ metadata }) => metadata['concept'] === '1F680')!;
    expect(rocket.caption).toMatch(
      /a rocket\. It is mostly \w+\. A rocket is a gloss\. It belongs to travel and places\.$/,
    );
    expect(rocket.metadata).toMatchObject({ label: 'rocket', license: expect.any(String) as unknown });
  });

  it('writes the same bytes again', async () => {
    await build('again');
    expect(await readFile(join(folder, 'again', 'manifest.json'), 'utf8')).toBe(
      await readFile(join(folder, 'set', 'manifest.json'), 'utf8'),
    );
    for (const name of await readdir(join(folder, 'set'))) {
      if (name === 'stage2') continue;
      expect(await pathDigest(join(folder, 'again', name))).toBe(await pathDigest(join(folder, 'set', name)));
    }
  });

  it('says who made what, and what is missing', async () => {
    const notice = await readFile(join(folder, 'set', 'NOTICE'), 'utf8');
    expect(notice).toContain('twemoji (from @iconify-json/twemoji@1.0.0)\n  (c) Twitter, Inc and other contributors');
    expect(notice).toContain('CC-BY-SA-4.0, https://creativecommons.org/licenses/by-sa/4.0/');
    expect(notice).toContain('WordNet licence');
    expect(notice).toContain('Clip art of openclipart is not in this set');
    expect(notice).toContain('scaled to 32 x 32 pixels');
  });

  it('finds a whole set and leaves it, and replaces a damaged one only when told to', async () => {
    await build('damaged');
    const asked = fake.asked.length;
    expect((await build('damaged')).built).toBe(false);
    expect(fake.asked).toHaveLength(asked);

    await writeFile(join(folder, 'damaged', 'val-streamline.tar'), 'gone');
    await expect(build('damaged')).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await expect(build('damaged', { size: 48 })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    const mended = await build('damaged', { overwrite: true });
    expect(mended.built).toBe(true);
    expect((await build('damaged')).built).toBe(false);
  });

  it('never replaces a folder of something else', async () => {
    await expect(build('npm', { overwrite: true })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  });

  it('goes on where it was interrupted, and ends with the same bytes', async () => {
    const stop = new AbortController();
    const interrupted = build('resumed', {
      signal: stop.signal,
      onProgress: ({ task }: EmojiProgress) => {
        if (task === 'drawing emojione') stop.abort('SIGINT');
      },
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(await readdir(folder)).not.toContain('resumed');

    const drawn: string[] = [];
    const resumed = await build('resumed', { onProgress: ({ task }: EmojiProgress) => drawn.push(task) });
    expect(drawn).not.toContain('drawing noto');
    expect(drawn).toContain('drawing emojione');
    const straight = JSON.parse(await readFile(join(folder, 'set', 'manifest.json'), 'utf8')) as unknown;
    expect(resumed.manifest).toEqual(straight);
    expect(await readdir(folder)).not.toContain('resumed.partial');
  });
});
