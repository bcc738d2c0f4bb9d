import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '@minigpt4/testing';
import { collect, fakeImage, inTemporaryFolder, tarBytes } from '../__fixtures__/make-samples.js';
import { openDataset } from '../open-dataset.js';
import { indexShards, readSample } from './index-shards.js';

describe('readSample', () => {
  it('reads one sample by its place', async () => {
    await inTemporaryFolder(async folder => {
      const shard = join(folder, 'a.tar');
      await writeFile(
        shard,
        await tarBytes([
          ['a.png', fakeImage('png', 'a')],
          ['a.txt', 'one'],
          ['b.png', fakeImage('png', 'b')],
          ['b.txt', 'two'],
        ]),
      );
      const { entries } = await indexShards([shard]);
      expect(await readSample(entries[1]!)).toMatchObject({ key: 'b', caption: 'two', image: fakeImage('png', 'b') });
    });
  });

  it('throws the reason where the sample is broken or the file has changed', async () => {
    await inTemporaryFolder(async folder => {
      const shard = join(folder, 'a.tar');
      await writeFile(
        shard,
        await tarBytes([
          ['a.png', 'text'],
          ['a.txt', 'one'],
          ['b.png', fakeImage('png', 'b')],
          ['b.txt', 'two'],
        ]),
      );
      const { entries } = await indexShards([shard]);
      await expect(readSample(entries[0]!)).rejects.toThrow(expect.objectContaining({ code: 'NOT_AN_IMAGE' }));
      await truncate(shard, 2500);
      await expect(readSample(entries[1]!)).rejects.toThrow(expect.objectContaining({ code: 'UNREADABLE_FILE' }));
      await expect(readSample(entries[1]!, { limits: { imageBytes: 3 } })).rejects.toThrow(
        expect.objectContaining({ code: 'TOO_LARGE' }),
      );
    });
  });
});

const emoji = sharedPath('data/emoji');

describe.skipIf(!emoji)('the emoji set', () => {
  const counts = { 'test-twemoji': 1456, 'test-openmoji': 1456, 'val-streamline': 516 };

  it.each(Object.entries(counts))(
    '%s.tar has %i samples, the same in a stream and by position',
    async (name, count) => {
      const path = join(emoji!, `${name}.tar`);
      const indexed = await openDataset(path);
      const streamed = await openDataset(path, { index: false });
      expect(indexed.length).toBe(count);
      const samples = await collect(streamed.samples());
      expect([samples.length, streamed.skipped.total, indexed.skipped.total]).toEqual([count, 0, 0]);
      for (let position = 0; position < count; position += 100) {
        expect(await indexed.at!(position)).toEqual(samples[position]);
      }
    },
  );

  it('tells label, group and licence', async () => {
    const set = await openDataset(join(emoji!, 'test-twemoji.tar'));
    expect(await set.at!(0)).toMatchObject({
      key: 'twemoji-03322',
      caption: 'blue-square, octothorpe, symbol, twitter',
      metadata: { label: 'keycap: #', group: 'symbols', license: 'CC-BY-4.0', colours: ['light blue'] },
    });
  });

  it('has 13,177 training samples in five shards', async () => {
    const set = await openDataset(join(emoji!, 'stage1-{000000..000004}.tar'));
    expect([set.length, set.skipped.total]).toEqual([13_177, 0]);
  });

  it('has 3,439 curated descriptions', async () => {
    const set = await openDataset(join(emoji!, 'stage2'));
    expect([set.format, set.length]).toEqual(['filter-cap', 3439]);
    const sample = await set.at!(3438);
    expect(sample?.caption).toMatch(/\.$/u);
    expect(set.skipped.total).toBe(0);
  });
});
