import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, fakeImage, inTemporaryFolder, makeSample } from '../__fixtures__/make-samples.js';
import type { ImageTextSample } from '../image-text-sample.js';
import { openDataset } from '../open-dataset.js';
import { sortedJson, writeWebDataset } from './write-webdataset.js';

const sampleContents = fc.record({
  caption: fc.string({ minLength: 1, unit: 'grapheme' }).filter(text => text.trim() !== ''),
  kind: fc.constantFrom('png', 'jpg', 'gif', 'webp'),
  bytes: fc.string(),
  metadata: fc.dictionary(fc.string(), fc.jsonValue()),
});

describe('writeWebDataset', () => {
  it('writes what a reader reads back', async () => {
    await inTemporaryFolder(async folder => {
      const check = fc.asyncProperty(fc.array(sampleContents, { minLength: 1, maxLength: 8 }), async contents => {
        const samples = contents.map(({ caption, kind, bytes, metadata }, i): ImageTextSample => {
          // JSON has no minus zero
          const plain = JSON.parse(JSON.stringify(metadata)) as Record<string, unknown>;
          return { key: `dir/${i}`, image: fakeImage(kind, bytes), caption, metadata: plain, source: '' };
        });
        await writeWebDataset(samples, { folder, samplesPerShard: 3, overwrite: true });
        const set = await openDataset(folder);
        const read = await collect(set.samples());
        expect(set.skipped.byReason).toEqual({});
        const comparable = ({ key, image, caption, metadata }: ImageTextSample) => ({ key, image, caption, metadata });
        expect(read.map(comparable)).toEqual(
          samples.map(sample => ({ ...comparable(sample), metadata: { ...sample.metadata, caption: sample.caption } })),
        );
      });
      await fc.assert(check, { numRuns: 30 });
    });
  });

  it('writes the same bytes again, whatever the order of names in the JSON', async () => {
    await inTemporaryFolder(async folder => {
      const write = async (name: string, metadata: Record<string, unknown>) => {
        const [shard] = await writeWebDataset([makeSample('a', 'c', metadata)], { folder, name });
        return readFile(shard!.path);
      };
      const first = await write('one', { b: 1, a: { d: 2, c: [3] } });
      expect(await write('two', { a: { c: [3], d: 2 }, b: 1 })).toEqual(first);
    });
  });

  it('starts a new shard by number and by size, and tells what it wrote', async () => {
    await inTemporaryFolder(async folder => {
      const samples = ['a', 'b', 'c', 'd', 'e'].map(key => makeSample(key));
      const byNumber = await writeWebDataset(samples, { folder, name: 'n', samplesPerShard: 2 });
      expect(byNumber.map(shard => shard.samples)).toEqual([2, 2, 1]);
      expect(byNumber.map(shard => shard.path)).toEqual([0, 1, 2].map(i => join(folder, `n-00000${i}.tar`)));
      const bySize = await writeWebDataset(samples, { folder, name: 's', bytesPerShard: 2 * 3072 + 1024 });
      expect(bySize.map(shard => shard.samples)).toEqual([2, 2, 1]);
      for (const { path, bytes } of bySize) expect((await readFile(path)).length).toBe(bytes);
      const tooSmall = await writeWebDataset(samples.slice(0, 2), { folder, name: 't', bytesPerShard: 1 });
      expect(tooSmall.map(shard => shard.samples)).toEqual([1, 1]);
    });
  });

  it('makes keys into names that keep samples apart', async () => {
    await inTemporaryFolder(async folder => {
      const samples = ['my.cat', 'my', '../my', '/my', 'a//b', 'a%2Eb'].map(key => makeSample(key, key));
      await writeWebDataset(samples, { folder });
      const read = await collect((await openDataset(folder)).samples());
      expect(read.map(sample => [sample.key, sample.caption])).toEqual([
        ['my%2Ecat', 'my.cat'],
        ['my', 'my'],
        ['%2E%2E/my', '../my'],
        ['%2Fmy', '/my'],
        ['a%2F%2Fb', 'a//b'],
        ['a%252Eb', 'a%2Eb'],
      ]);
    });
  });

  it('leaves nothing half-written behind and replaces nothing unasked', async () => {
    await inTemporaryFolder(async folder => {
      await writeWebDataset(
        ['a', 'b', 'c'].map(key => makeSample(key)),
        { folder, samplesPerShard: 1 },
      );
      await writeFile(join(folder, 'NOTICE'), 'stays');
      await expect(writeWebDataset([makeSample('z')], { folder })).rejects.toThrow(
        expect.objectContaining({ code: 'OUTPUT_EXISTS' }),
      );
      async function* failing() {
        yield makeSample('new');
        throw new Error('source failed');
      }
      const before = await readFile(join(folder, 'shard-000000.tar'));
      await expect(writeWebDataset(failing(), { folder, overwrite: true })).rejects.toThrow('source failed');
      expect(await readFile(join(folder, 'shard-000000.tar'))).toEqual(before);
      await writeWebDataset([makeSample('z')], { folder, overwrite: true });
      expect((await readdir(folder)).toSorted()).toEqual(['NOTICE', 'shard-000000.tar']);
    });
  });

  it.each([
    ['DUPLICATE_KEY', [makeSample('a'), makeSample('a')]],
    ['INVALID_KEY', [makeSample('')]],
    ['INVALID_KEY', [makeSample('x'.repeat(201))]],
    ['NO_CAPTION', [makeSample('a', ' ')]],
    ['NOT_AN_IMAGE', [{ ...makeSample('a'), image: Buffer.from('text') }]],
  ])('refuses what no reader would take: %s', async (code, samples) => {
    await inTemporaryFolder(async folder => {
      await expect(writeWebDataset(samples, { folder })).rejects.toThrow(expect.objectContaining({ code }));
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('refuses shards of nothing', async () => {
    await expect(writeWebDataset([], { folder: 'x', samplesPerShard: 0 })).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });
});

describe('sortedJson', () => {
  it('keeps a name like __proto__ as plain data', () => {
    const value: unknown = JSON.parse('{"b": [{"d": 1, "c": null}], "__proto__": {"x": 1}}');
    expect(sortedJson(value)).toBe('{"__proto__":{"x":1},"b":[{"c":null,"d":1}]}');
  });
});
