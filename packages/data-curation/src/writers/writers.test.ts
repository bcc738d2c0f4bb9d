import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, fakeImage, inTemporaryFolder, makeSample } from '../__fixtures__/make-samples.js';
import type { ImageTextSample } from '../image-text-sample.js';
import { openDataset } from '../open-dataset.js';
import { writeFilterCap } from './write-filter-cap.js';
import { writeImageFolder } from './write-image-folder.js';
import { writeLlava } from './write-llava.js';
import { writeMessages } from './write-messages.js';

type Write = (samples: readonly ImageTextSample[], place: string, columns: readonly string[]) => Promise<number>;

const writers: Readonly<Record<string, Write>> = {
  'filter-cap': (samples, place, columns) => writeFilterCap(samples, { folder: place, columns, overwrite: true }),
  'image-folder': (samples, place, columns) => writeImageFolder(samples, { folder: place, columns, overwrite: true }),
  llava: (samples, place, columns) => writeLlava(samples, { folder: place, columns, overwrite: true }),
  messages: (samples, place, columns) => writeMessages(samples, { path: `${place}.jsonl`, columns, overwrite: true }),
};

const contents = fc.record({
  caption: fc.string({ minLength: 1, unit: 'grapheme' }).filter(text => text.trim() !== ''),
  kind: fc.constantFrom('png', 'jpg', 'gif', 'webp'),
  bytes: fc.string(),
  licence: fc.string(),
});

describe.each(Object.entries(writers))('%s', (format, write) => {
  it('writes what the reader reads back, columns that were asked for included', async () => {
    await inTemporaryFolder(async folder => {
      const place = join(folder, 'set');
      const check = fc.asyncProperty(fc.array(contents, { maxLength: 5 }), async list => {
        const samples = list.map(({ caption, kind, bytes, licence }, i): ImageTextSample => {
          return {
            key: `${i + 1}`,
            image: fakeImage(kind, bytes),
            caption,
            metadata: { licence, extra: 1 },
            source: '',
          };
        });
        expect(await write(samples, place, ['licence'])).toBe(samples.length);
        // without a record and a name of its own, a list does not tell its layout
        if (samples.length === 0 && format === 'messages') return;
        const set = await openDataset(format === 'messages' ? `${place}.jsonl` : place);
        const read = await collect(set.samples());
        expect([set.format, set.skipped.byReason]).toEqual([format, {}]);
        expect(read.map(({ key, caption, image }) => [key, caption, image])).toEqual(
          samples.map(({ key, caption, image }) => [key, caption, image]),
        );
        expect(read.map(({ metadata }) => [metadata.licence, metadata.extra])).toEqual(
          samples.map(({ metadata }) => [metadata.licence, undefined]),
        );
      });
      await fc.assert(check, { numRuns: 10 });
    });
  });

  it('refuses to replace what is there, and leaves nothing where the samples fail', async () => {
    await inTemporaryFolder(async folder => {
      const broken = [makeSample('a'), { ...makeSample('b'), image: Buffer.from('text') }];
      await expect(write(broken, join(folder, 'set'), [])).rejects.toThrow(
        expect.objectContaining({ code: 'NOT_AN_IMAGE' }),
      );
      expect(await readdir(folder)).toEqual([]);
    });
  });
});

describe('the exact files', () => {
  const samples = [makeSample('my.cat', 'A cat.', { question: 'Who is it?' }), makeSample('b', 'A bee.')];

  it('filter_cap.json as the original lays it out', async () => {
    await inTemporaryFolder(async parent => {
      const folder = join(parent, 'set');
      await writeFilterCap(samples, { folder });
      expect(await readFile(join(folder, 'filter_cap.json'), 'utf8')).toBe(
        '{"annotations": [\n{"image_id":"my%2Ecat","caption":"A cat."},\n{"image_id":"b","caption":"A bee."}\n]}\n',
      );
      expect((await readdir(join(folder, 'image'))).toSorted()).toEqual(['b.png', 'my%2Ecat.png']);
      await expect(writeFilterCap(samples, { folder })).rejects.toThrow(
        expect.objectContaining({ code: 'OUTPUT_EXISTS' }),
      );
    });
  });

  it("LLaVA's list, with each sample's own question", async () => {
    await inTemporaryFolder(async parent => {
      const folder = join(parent, 'set');
      await writeLlava(samples, { folder, question: 'What?' });
      const list = JSON.parse(await readFile(join(folder, 'llava.json'), 'utf8')) as unknown;
      expect(list).toEqual([
        {
          id: 'my.cat',
          image: 'images/my%2Ecat.png',
          conversations: [
            { from: 'human', value: '<image>\nWho is it?' },
            { from: 'gpt', value: 'A cat.' },
          ],
        },
        {
          id: 'b',
          image: 'images/b.png',
          conversations: [
            { from: 'human', value: '<image>\nWhat?' },
            { from: 'gpt', value: 'A bee.' },
          ],
        },
      ]);
    });
  });

  it("OpenAI's lines, which nothing replaces unasked", async () => {
    await inTemporaryFolder(async folder => {
      const path = join(folder, 'm.jsonl');
      const sample = makeSample('a', 'A cat.', { system: 'Be brief.' });
      await writeMessages([sample], { path });
      const url = `data:image/png;base64,${Buffer.from(sample.image).toString('base64')}`;
      expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
        messages: [
          { role: 'system', content: 'Be brief.' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Describe this image in detail.' },
              { type: 'image_url', image_url: { url } },
            ],
          },
          { role: 'assistant', content: 'A cat.' },
        ],
      });
      await expect(writeMessages([sample], { path })).rejects.toThrow(
        expect.objectContaining({ code: 'OUTPUT_EXISTS' }),
      );
    });
  });

  it("ImageFolder's lines", async () => {
    await inTemporaryFolder(async parent => {
      const folder = join(parent, 'set');
      await writeImageFolder([makeSample('b', 'A bee.')], { folder });
      expect(await readFile(join(folder, 'metadata.jsonl'), 'utf8')).toBe(
        '{"file_name":"images/b.png","text":"A bee.","id":"b"}\n',
      );
    });
  });

  it('refuses one key for two samples of a folder', async () => {
    await inTemporaryFolder(async parent => {
      const twice = [makeSample('a'), makeSample('b'), makeSample('a')];
      await expect(writeFilterCap(twice, { folder: join(parent, 'set') })).rejects.toThrow(
        expect.objectContaining({ code: 'DUPLICATE_KEY' }),
      );
      expect(await readdir(parent)).toEqual([]);
    });
  });
});
