import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect, fakeImage, inTemporaryFolder } from '../__fixtures__/make-samples.js';
import { toDataUrl } from '../files/data-url.js';
import { openDataset, type OpenOptions } from '../open-dataset.js';

type Files = Readonly<Record<string, string | Uint8Array | readonly unknown[] | object>>;

/** Puts files into an empty folder; lists and objects are written as JSON. Opens one of them and reads it to its end. */
function read(files: Files, open = '', options?: OpenOptions) {
  return inTemporaryFolder(async folder => {
    for (const [name, contents] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      const isText = typeof contents === 'string' || contents instanceof Uint8Array;
      await writeFile(join(folder, name), isText ? contents : JSON.stringify(contents));
    }
    const set = await openDataset(join(folder, open), options);
    const samples = await collect(set.samples());
    const byPosition = await Promise.all(Array.from({ length: set.length! }, (_, i) => set.at!(i)));
    expect(byPosition.filter(sample => sample !== undefined)).toEqual(samples);
    return {
      set,
      samples,
      reasons: set.skipped.byReason,
      messages: set.skipped.examples.map(example => example.message),
    };
  });
}

const lines = (...records: readonly unknown[]) => records.map(record => JSON.stringify(record)).join('\n');
const jpg = (text: string) => fakeImage('jpg', text);

describe('filter_cap.json', () => {
  const pictures = {
    'image/2.jpg': jpg('2'),
    'image/3.webp': fakeImage('webp', '3'),
    'image/a.b.png': fakeImage('png', 'ab'),
  };

  it('reads annotations or a bare list, ids as text or number, pictures of any kind', async () => {
    const annotations = [
      { image_id: '2', caption: 'Two.  Verbatim!' },
      { image_id: 3, caption: 'three', note: 'kept' },
      { image_id: 'a.b', caption: 'dots' },
    ];
    const { set, samples } = await read({ ...pictures, 'filter_cap.json': { annotations } });
    expect([set.format, set.length]).toEqual(['filter-cap', 3]);
    expect(samples.map(({ key, caption, image }) => [key, caption, image])).toEqual([
      ['2', 'Two.  Verbatim!', jpg('2')],
      ['3', 'three', fakeImage('webp', '3')],
      ['a.b', 'dots', fakeImage('png', 'ab')],
    ]);
    expect(samples[1]!.metadata).toEqual(annotations[1]);
    const bare = await read({ ...pictures, 'my.json': annotations }, 'my.json');
    expect(bare.samples.map(sample => sample.image)).toEqual(samples.map(sample => sample.image));
  });

  it('takes .jpg before the others, as the original does', async () => {
    const { samples } = await read({
      'image/1.webp': fakeImage('webp', 'no'),
      'image/1.jpg': jpg('yes'),
      'filter_cap.json': [{ image_id: 1, caption: 'c' }],
    });
    expect(samples[0]!.image).toEqual(jpg('yes'));
  });

  it('counts what is broken', async () => {
    const good = { image_id: '2', caption: 'c' };
    const { samples, reasons, messages } = await read(
      {
        ...pictures,
        'secret.jpg': jpg('secret'),
        'image/text.jpg': 'no picture',
        'image/big.jpg': jpg('x'.repeat(100)),
        'filter_cap.json': {
          annotations: [
            good,
            { image_id: '9', caption: 'c' },
            { image_id: '../secret', caption: 'c' },
            { image_id: '/etc/passwd', caption: 'c' },
            { image_id: 'text', caption: 'c' },
            { image_id: 'big', caption: 'c' },
            { image_id: '2', caption: '' },
            { image_id: '2', caption: ['c'] },
            { image_id: null, caption: 'c' },
            'a text',
            good,
          ],
        },
      },
      '',
      { limits: { imageBytes: 50 } },
    );
    expect(samples.map(sample => sample.key)).toEqual(['2', '2']);
    expect(reasons).toEqual({
      MISSING_IMAGE: 1,
      UNSAFE_NAME: 2,
      NOT_AN_IMAGE: 1,
      TOO_LARGE: 1,
      NO_CAPTION: 2,
      BAD_RECORD: 2,
    });
    expect(messages[0]).toMatch(/filter_cap\.json:2: .*image.9\.jpg: no such file\. Put it back/u);
  });

  it('counts a picture that the system refuses to read', async () => {
    await inTemporaryFolder(async folder => {
      await mkdir(join(folder, 'image'));
      // a link to itself
      await symlink('1.jpg', join(folder, 'image', '1.jpg'));
      await writeFile(join(folder, 'filter_cap.json'), '[{"image_id": 1, "caption": "c"}]');
      const set = await openDataset(folder);
      expect(await collect(set.samples())).toEqual([]);
      expect(set.skipped.byReason).toEqual({ UNREADABLE_FILE: 1 });
    });
  });

  it('counts a picture that is a folder, and may be empty', async () => {
    const { reasons } = await read({ 'image/1.jpg/x': '', 'filter_cap.json': [{ image_id: 1, caption: 'c' }] });
    expect(reasons).toEqual({ UNREADABLE_FILE: 1 });
    expect((await read({ 'filter_cap.json': { annotations: [] } })).set.length).toBe(0);
  });
});

describe('LLaVA', () => {
  const talk = (...values: string[]) => values.map((value, i) => ({ from: i % 2 ? 'gpt' : 'human', value }));

  it('reads question and first answer, in a list or in lines, pictures from another folder', async () => {
    const records = [
      { id: 'x', image: 'coco/a.jpg', conversations: talk('<image>\nWhat?', 'A cat.', 'Why?', 'Because.') },
      { image: 'coco/b.jpg', conversations: [{ from: 'system', value: 's' }, ...talk('Who?\n<image>', 'Me.')] },
    ];
    const files = {
      'pictures/coco/a.jpg': jpg('a'),
      'pictures/coco/b.jpg': jpg('b'),
      'l.json': records,
      'l.jsonl': lines(...records),
    };
    for (const name of ['l.json', 'l.jsonl']) {
      const here = await read(files, name);
      expect(here.reasons).toEqual({ MISSING_IMAGE: 2 });
    }
    await inTemporaryFolder(async folder => {
      await mkdir(join(folder, 'pictures', 'coco'), { recursive: true });
      for (const name of ['a', 'b']) await writeFile(join(folder, 'pictures', 'coco', `${name}.jpg`), jpg(name));
      await writeFile(join(folder, 'l.json'), JSON.stringify(records));
      const set = await openDataset(join(folder, 'l.json'), { imageFolder: join(folder, 'pictures') });
      const samples = await collect(set.samples());
      expect([set.format, ...samples.map(({ key, caption, metadata }) => [key, caption, metadata.question])]).toEqual([
        'llava',
        ['x', 'A cat.', 'What?'],
        ['coco/b', 'Me.', 'Who?'],
      ]);
      expect(samples[0]!.metadata.conversations).toEqual(records[0]!.conversations);
    });
  });

  it('counts what is broken', async () => {
    const conversations = talk('<image>\nWhat?', 'A cat.');
    const { samples, reasons } = await read(
      {
        'a.jpg': jpg('a'),
        'l.json': [
          { id: 1, image: ['a.jpg'], conversations },
          { id: 2, conversations },
          { id: 3, image: ['a.jpg', 'a.jpg'], conversations },
          { id: 4, image: '../a.jpg', conversations },
          { id: 5, image: 'a.jpg', conversations: 'none' },
          { id: 6, image: 'a.jpg', conversations: [{ value: 'x' }] },
          { id: 7, image: 'a.jpg', conversations: talk('<image>') },
          { id: 8, image: 'https://example.org/a.jpg', conversations },
        ],
      },
      'l.json',
    );
    expect(samples.map(sample => sample.key)).toEqual(['1']);
    expect(reasons).toEqual({
      NO_IMAGE: 1,
      SEVERAL_IMAGES: 1,
      UNSAFE_NAME: 1,
      BAD_RECORD: 2,
      NO_CAPTION: 1,
      MISSING_IMAGE: 1,
    });
  });
});

describe('messages', () => {
  const url = toDataUrl(jpg('a'), 'image/jpeg');
  const picture = { type: 'image_url', image_url: { url } };
  const question = { type: 'text', text: 'What?' };
  const answer = { role: 'assistant', content: 'A cat.' };

  it('reads the picture of the user turn and the answer behind it', async () => {
    const { set, samples } = await read(
      {
        'm.jsonl': lines(
          {
            messages: [
              { role: 'system', content: 'Be brief.' },
              { role: 'user', content: [question, picture] },
              answer,
            ],
          },
          {
            id: 'mine',
            messages: [
              { role: 'assistant', content: 'Hello.' },
              { role: 'user', content: [{ type: 'image_url', image_url: url }] },
              {
                role: 'assistant',
                content: [
                  { type: 'text', text: 'one' },
                  { type: 'text', text: 'two' },
                ],
              },
            ],
          },
        ),
      },
      'm.jsonl',
    );
    expect(set.format).toBe('messages');
    expect(samples).toMatchObject([
      { key: '1', caption: 'A cat.', image: jpg('a'), metadata: { question: 'What?', system: 'Be brief.' } },
      { key: 'mine', caption: 'one\ntwo', image: jpg('a'), metadata: { question: '' } },
    ]);
  });

  it('counts what is broken and fetches nothing', async () => {
    const withUrl = (address: unknown) => ({
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: address } }] }, answer],
    });
    const { samples, reasons } = await read(
      {
        'm.jsonl': [
          lines({ messages: [{ role: 'user', content: [picture] }, answer] }),
          '{"messages": [{"role": "us',
          lines(
            withUrl('http://127.0.0.1:1/a.jpg'),
            withUrl('data:image/png;base64,!!!'),
            withUrl(toDataUrl(Buffer.from('text'), 'image/png')),
            withUrl(7),
            { messages: [{ role: 'user', content: [picture, picture] }, answer] },
            { messages: [{ role: 'user', content: [picture] }] },
            { messages: [answer, { role: 'user', content: [picture] }] },
            { messages: 'none' },
            { messages: [null] },
            { messages: [{ role: 'user', content: 7 }] },
            withUrl(toDataUrl(jpg('x'.repeat(100)), 'image/jpeg')),
          ),
        ].join('\n'),
      },
      'm.jsonl',
      { limits: { imageBytes: 50 } },
    );
    expect(samples).toHaveLength(1);
    expect(reasons).toEqual({
      BAD_JSON: 1,
      REMOTE_IMAGE: 1,
      BAD_RECORD: 4,
      NOT_AN_IMAGE: 1,
      NO_IMAGE: 1,
      SEVERAL_IMAGES: 1,
      NO_CAPTION: 2,
      TOO_LARGE: 1,
    });
  });
});

describe('ImageFolder', () => {
  it('reads file_name and text, other columns as metadata', async () => {
    const { set, samples, reasons } = await read({
      'train/a.b.jpg': jpg('a'),
      'metadata.jsonl': lines(
        { file_name: 'train/a.b.jpg', text: 'A cat.', licence: 'MIT' },
        { file_name: 'train/a.b.jpg', caption: 'Also.', id: 'own' },
        { file_name: '../a.jpg', text: 'c' },
        { text: 'c' },
        { file_name: 'train/a.b.jpg', text: null },
      ),
    });
    expect([set.format, ...samples.map(({ key, caption, metadata }) => [key, caption, metadata])]).toEqual([
      'image-folder',
      ['train/a.b', 'A cat.', { licence: 'MIT' }],
      ['own', 'Also.', { caption: 'Also.', id: 'own' }],
    ]);
    expect(reasons).toEqual({ UNSAFE_NAME: 1, NO_IMAGE: 1, NO_CAPTION: 1 });
  });
});

describe('pictures with a caption file beside each', () => {
  it('reads .txt and .json, and counts pictures without', async () => {
    const { set, samples, reasons } = await read({
      'b.JPG': jpg('b'),
      'b.txt': 'A bee.\n',
      'a.v2.png': fakeImage('png', 'a'),
      'a.v2.json': { caption: 'An apple.', licence: 'MIT' },
      'c.webp': fakeImage('webp', 'c'),
      'notes.md': 'x',
      '.hidden.jpg': jpg('h'),
    });
    expect(set.format).toBe('sidecars');
    expect(samples.map(({ key, caption, metadata }) => [key, caption, metadata.licence])).toEqual([
      ['a.v2', 'An apple.', 'MIT'],
      ['b', 'A bee.', undefined],
    ]);
    expect(reasons).toEqual({ NO_CAPTION: 1 });
  });
});
