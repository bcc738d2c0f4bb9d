import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect, fakeImage, inTemporaryFolder, makeSample } from './__fixtures__/make-samples.js';
import { openDataset } from './open-dataset.js';
import { writeFilterCap } from './writers/write-filter-cap.js';
import { writeWebDataset } from './webdataset/write-webdataset.js';

const keysOf = async (set: Awaited<ReturnType<typeof openDataset>>) =>
  (await collect(set.samples())).map(({ key }) => key);
const coded = (code: string) =>
  expect.objectContaining({ code, message: expect.stringMatching(/expected .*\. [A-Z].*\.$/u) });

describe('openDataset', () => {
  it('expands braces, unless a file has that very name', async () => {
    await inTemporaryFolder(async folder => {
      await writeWebDataset(
        ['a', 'b', 'c'].map(key => makeSample(key)),
        { folder, samplesPerShard: 1 },
      );
      const set = await openDataset(join(folder, 'shard-{000000..000001}.tar'));
      expect([set.format, set.length, await keysOf(set)]).toEqual(['webdataset', 2, ['a', 'b']]);
      await writeWebDataset([makeSample('odd')], { folder, name: '{1..2}' });
      expect(await keysOf(await openDataset(join(folder, '{1..2}-000000.tar')))).toEqual(['odd']);
    });
  });

  it('goes on over the shards that are there, and refuses where none is', async () => {
    await inTemporaryFolder(async folder => {
      await writeWebDataset([makeSample('a')], { folder });
      const set = await openDataset(join(folder, 'shard-{000000..000002}.tar'));
      expect([await keysOf(set), set.skipped.byReason]).toEqual([['a'], { UNREADABLE_SHARD: 2 }]);
      await expect(openDataset(join(folder, 'none-{0..2}.tar'))).rejects.toThrow(coded('DATASET_NOT_FOUND'));
    });
  });

  it('chains sets of several layouts, by position too', async () => {
    await inTemporaryFolder(async folder => {
      const [tars, curated] = [join(folder, 'tars'), join(folder, 'curated')];
      await writeWebDataset([makeSample('a'), makeSample('b')], { folder: tars });
      await writeFilterCap([makeSample('c'), makeSample('d')], { folder: curated });
      await writeFile(join(curated, 'image', 'c.png'), 'no longer a picture');
      const paths = [join(tars, 'shard-000000.tar'), curated, tars];
      const set = await openDataset(paths);
      expect([set.format, set.length, await keysOf(set)]).toEqual(['several', 6, ['a', 'b', 'd', 'a', 'b']]);
      expect(set.skipped).toMatchObject({
        total: 1,
        byReason: { NOT_AN_IMAGE: 1 },
        examples: [{ reason: 'NOT_AN_IMAGE' }],
      });
      const byPosition = await Promise.all([0, 1, 2, 3, 4, 5].map(index => set.at!(index)));
      expect(byPosition.map(sample => sample?.key)).toEqual(['a', 'b', undefined, 'd', 'a', 'b']);
      await expect(set.at!(6)).rejects.toThrow(coded('INDEX_OUT_OF_RANGE'));
      const streamed = await openDataset(paths, { index: false });
      expect([streamed.length, streamed.at, await keysOf(streamed)]).toEqual([undefined, undefined, await keysOf(set)]);
    });
  });

  it('looks past a damaged first record to see what a list is', async () => {
    await inTemporaryFolder(async folder => {
      await writeFile(join(folder, 'a.jpg'), fakeImage('jpg', 'a'));
      await writeFile(join(folder, 'metadata.jsonl'), '{"broken\n{"file_name": "a.jpg", "text": "c"}\n');
      const set = await openDataset(folder);
      expect([set.format, await keysOf(set), set.skipped.byReason]).toEqual(['image-folder', ['a'], { BAD_JSON: 1 }]);
    });
  });

  it('says what it expected of a path it does not understand', async () => {
    await inTemporaryFolder(async folder => {
      const unknown = async (name: string, contents: string) => {
        await writeFile(join(folder, name), contents);
        await expect(openDataset(join(folder, name))).rejects.toThrow(coded('UNKNOWN_DATASET'));
      };
      await expect(openDataset(folder)).rejects.toThrow(coded('UNKNOWN_DATASET'));
      await unknown('a.csv', 'a,b');
      await unknown('a.jsonl', '{"prompt": "x"}');
      await unknown('b.jsonl', '');
      await unknown('c.json', '[]');
      await expect(openDataset(folder)).rejects.toThrow(coded('UNKNOWN_DATASET'));
      await expect(openDataset([])).rejects.toThrow(coded('UNKNOWN_DATASET'));
      await expect(openDataset(join(folder, 'none'))).rejects.toThrow(coded('DATASET_NOT_FOUND'));
      await writeFile(join(folder, 'filter_cap.json'), '{"annotations": [{"image_id"');
      await expect(openDataset(folder)).rejects.toThrow(coded('BAD_DATASET'));
    });
  });

  it('refuses positions outside the set', async () => {
    await inTemporaryFolder(async parent => {
      const folder = join(parent, 'set');
      await mkdir(folder);
      await writeFilterCap([makeSample('a')], { folder });
      const set = await openDataset(folder);
      for (const index of [-1, 1, 0.5, Number.NaN]) {
        await expect(set.at!(index)).rejects.toThrow(coded('INDEX_OUT_OF_RANGE'));
      }
    });
  });
});
