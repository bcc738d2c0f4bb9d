import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, fakeImage, inTemporaryFolder, type TarEntry, tarBytes } from '../__fixtures__/make-samples.js';
import { datasetLimits } from '../dataset-limits.js';
import type { ImageTextDataset } from '../image-text-sample.js';
import { webDataset } from './web-dataset.js';

const png = (text: string) => fakeImage('png', text);

interface Read {
  readonly keys: string[];
  readonly captions: string[];
  readonly reasons: Readonly<Record<string, number | undefined>>;
  readonly messages: string[];
}

async function readAll(set: ImageTextDataset): Promise<Read> {
  const samples = await collect(set.samples());
  return {
    keys: samples.map(sample => sample.key),
    captions: samples.map(sample => sample.caption),
    reasons: set.skipped.byReason,
    messages: set.skipped.examples.map(example => example.message),
  };
}

/** Reads a tar both ways, as a stream and through the index, and makes sure that both see the same. */
async function readBothWays(bytes: Uint8Array, limits: Partial<typeof datasetLimits> = {}): Promise<Read> {
  return inTemporaryFolder(async folder => {
    const shard = join(folder, 'a.tar');
    await writeFile(shard, bytes);
    const all = { ...datasetLimits, ...limits };
    const streamed = await webDataset([shard], { index: false, limits: all });
    const indexed = await webDataset([shard], { limits: all });
    const read = await readAll(streamed);
    const again = await readAll(indexed);
    expect(again.keys).toEqual(read.keys);
    expect(again.captions).toEqual(read.captions);
    expect(again.reasons).toEqual(read.reasons);
    return read;
  });
}

async function readEntries(entries: readonly TarEntry[], limits?: Partial<typeof datasetLimits>): Promise<Read> {
  return readBothWays(await tarBytes(entries), limits);
}

describe('reading shards, as a stream and through the index', () => {
  it('makes a sample of neighbours that share a name up to the first dot', async () => {
    const { keys, captions, reasons } = await readEntries([
      ['./x/1.jpg', fakeImage('jpg', '1')],
      ['./x/1.json', '{"caption": " From JSON "}'],
      ['./x/1.txt', 'from text'],
      ['x', '', 'directory'],
      ['2.seg.png', png('a mask')],
      ['2.PNG', png('2')],
      ['2.txt', 'from text\n'],
      ['3.webp', fakeImage('webp', '3')],
      ['3.cls', '7'],
      ['3.json', '{"caption": null}'],
      ['3.txt', 'instead'],
      ['README', 'belongs to nothing'],
      ['._3.jpg', 'neither'],
    ]);
    expect(keys).toEqual(['x/1', '2', '3']);
    expect(captions).toEqual([' From JSON ', 'from text', 'instead']);
    expect(reasons).toEqual({});
  });

  it('takes the first picture and keeps the JSON as metadata', async () => {
    await inTemporaryFolder(async folder => {
      const shard = join(folder, 'a.tar');
      const json = '{"caption": "c", "label": "cat", "keywords": ["a", "b"], "__proto__": 1}';
      await writeFile(
        shard,
        await tarBytes([
          ['k.gif', fakeImage('gif', 'first')],
          ['k.png', png('second')],
          ['k.json', json],
        ]),
      );
      for (const index of [true, false]) {
        const [sample] = await collect((await webDataset([shard], { index, limits: datasetLimits })).samples());
        expect(sample).toEqual({
          key: 'k',
          image: fakeImage('gif', 'first'),
          caption: 'c',
          metadata: JSON.parse(json),
          source: `${shard}:k.gif`,
        });
      }
    });
  });

  it.each<[string, readonly TarEntry[]]>([
    [
      'NO_IMAGE',
      [
        ['b.txt', 'c'],
        ['b.mp4', 'x'],
      ],
    ],
    ['NO_CAPTION', [['b.png', png('b')]]],
    [
      'NO_CAPTION',
      [
        ['b.png', png('b')],
        ['b.txt', ' \n'],
      ],
    ],
    [
      'NO_CAPTION',
      [
        ['b.png', png('b')],
        ['b.json', '{"caption": 7}'],
      ],
    ],
    [
      'BAD_JSON',
      [
        ['b.png', png('b')],
        ['b.json', '{"caption": '],
        ['b.txt', 'c'],
      ],
    ],
    [
      'BAD_JSON',
      [
        ['b.png', png('b')],
        ['b.json', Uint8Array.of(0x7b, 0xff, 0x7d)],
      ],
    ],
    [
      'BAD_RECORD',
      [
        ['b.png', png('b')],
        ['b.json', '["caption"]'],
      ],
    ],
    [
      'NOT_AN_IMAGE',
      [
        ['b.jpg', '<html>gone</html>'],
        ['b.txt', 'c'],
      ],
    ],
    [
      'NOT_AN_IMAGE',
      [
        ['b.jpg', ''],
        ['b.txt', 'c'],
      ],
    ],
    [
      'BAD_GROUP',
      [
        ['b.png', png('b')],
        ['b.txt', 'c'],
        ['b.png', png('b')],
      ],
    ],
    ['UNSAFE_NAME', [['../b.png', png('b')]]],
    ['UNSAFE_NAME', [['/etc/b.png', png('b')]]],
    ['UNSAFE_NAME', [['x/../../b.png', png('b')]]],
    ['UNSAFE_NAME', [['x\\b.png', png('b')]]],
    ['UNSAFE_NAME', [['C:/b.png', png('b')]]],
    [
      'NO_IMAGE',
      [
        ['b.png', '', 'symlink'],
        ['b.txt', 'c'],
      ],
    ],
  ])('counts %s and goes on', async (reason, entries) => {
    const good = (key: string): TarEntry[] => [
      [`${key}.png`, png(key)],
      [`${key}.txt`, key],
    ];
    const { keys, reasons, messages } = await readEntries([...good('a'), ...entries, ...good('z')]);
    expect(keys).toEqual(['a', 'z']);
    expect(reasons).toEqual({ [reason]: 1 });
    expect(messages[0]).toMatch(/a\.tar:.*\. [A-Z][^.]*\.$/u);
  });

  it.each([
    ['imageBytes', { imageBytes: 20 }],
    ['textBytes', { textBytes: 20 }],
    ['jsonBytes', { jsonBytes: 20 }],
  ] as const)('leaves out what is over %s', async (_, limits) => {
    const long = 'x'.repeat(30);
    const { keys, reasons } = await readEntries(
      [
        ['a.png', png(long)],
        ['a.txt', long],
        ['a.json', JSON.stringify({ long })],
        ['b.png', png('b')],
        ['b.txt', 'b'],
      ],
      limits,
    );
    expect(keys).toEqual(['b']);
    expect(reasons).toEqual({ TOO_LARGE: 1 });
  });

  it('leaves out a sample of too many files', async () => {
    const many = Array.from({ length: 5 }, (_, i): TarEntry => [`a.${i}`, 'x']);
    const { keys, reasons } = await readEntries([['a.png', png('a')], ['a.txt', 'a'], ...many], {
      membersPerSample: 4,
    });
    expect([keys, reasons]).toEqual([[], { BAD_GROUP: 1 }]);
  });

  it('reads long and non-ASCII names (extended headers) and concatenated tars', async () => {
    const key = `${'folder/'.repeat(30)}é`;
    const first = await tarBytes([
      [`${key}.png`, png('1')],
      [`${key}.txt`, 'c'],
    ]);
    const second = await tarBytes([
      ['b.png', png('2')],
      ['b.txt', 'd'],
    ]);
    expect((await readBothWays(Buffer.concat([first, second]))).keys).toEqual([key, 'b']);
  });

  it('keeps what is complete of a tar cut anywhere', async () => {
    const entries = ['a', 'b', 'c'].flatMap((key): TarEntry[] => [
      [`${key}.png`, png(key.repeat(700))],
      [`${key}.txt`, key],
    ]);
    const whole = await tarBytes(entries);
    // header and contents of a sample, padded: 512 + 1024 + 512 + 512
    const complete = (bytes: number) => Math.max(0, Math.min(3, Math.floor((bytes - 512) / 2560)));
    for (let cut = 0; cut < whole.length - 512; cut += 256) {
      const { keys, reasons } = await readBothWays(whole.subarray(0, cut));
      expect(keys).toEqual(['a', 'b', 'c'].slice(0, cut > 7680 + 511 ? 3 : Math.min(2, complete(cut))));
      expect(reasons).toEqual(cut > 7680 + 511 ? {} : { TRUNCATED_SHARD: 1 });
    }
  });

  it.each([
    ['text', Buffer.from('no tar at all '.repeat(100))],
    ['a gzip file', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.alloc(1020, 7)])],
  ])('counts %s as a bad shard', async (_, bytes) => {
    expect(await readBothWays(bytes)).toMatchObject({ keys: [], reasons: { BAD_SHARD: 1 } });
  });

  it('never lets random damage through as an exception', async () => {
    const whole = await tarBytes(
      ['a', 'b'].flatMap((key): TarEntry[] => [
        [`${key}.png`, png(key)],
        [`${key}.txt`, key],
      ]),
    );
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await inTemporaryFolder(async folder => {
      const shard = join(folder, 'a.tar');
      const check = fc.asyncProperty(damage, async changes => {
        const bytes = Buffer.from(whole);
        for (const [position, value] of changes) bytes[position] = value;
        await writeFile(shard, bytes);
        for (const index of [true, false]) {
          const { keys } = await readAll(await webDataset([shard], { index, limits: datasetLimits }));
          expect(keys.length).toBeLessThanOrEqual(2);
        }
      });
      await fc.assert(check, { numRuns: 100 });
    });
  });

  it('goes on with the next shard after one that is missing or broken', async () => {
    await inTemporaryFolder(async folder => {
      const [missing, broken, good] = ['0.tar', '1.tar', '2.tar'].map(name => join(folder, name)) as [
        string,
        string,
        string,
      ];
      await writeFile(broken, 'x'.repeat(2000));
      await writeFile(
        good,
        await tarBytes([
          ['a.png', png('a')],
          ['a.txt', 'a'],
        ]),
      );
      for (const index of [true, false]) {
        const set = await webDataset([missing, broken, good], { index, limits: datasetLimits });
        expect(await readAll(set)).toMatchObject({ keys: ['a'], reasons: { UNREADABLE_SHARD: 1, BAD_SHARD: 1 } });
        await collect(set.samples());
        expect(set.skipped.total, 'a second pass counts nothing twice').toBe(2);
      }
    });
  });
});

describe('shards behind an address', () => {
  it('streams them, and counts a failing one', async () => {
    const bytes = await tarBytes([
      ['a.png', png('a')],
      ['a.txt', 'a'],
      ['b.png', png('b')],
      ['b.txt', 'b'],
    ]);
    const server = createServer((request, response) => {
      if (request.url === '/good.tar') response.end(bytes);
      else if (request.url === '/cut.tar') {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 3000), () => response.destroy());
      } else response.writeHead(404).end('gone');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const set = await webDataset([`${host}/gone.tar`, `${host}/cut.tar`, `${host}/good.tar`], {
        limits: datasetLimits,
      });
      expect([set.length, set.at]).toEqual([undefined, undefined]);
      const { keys, reasons, messages } = await readAll(set);
      expect(keys.slice(-2)).toEqual(['a', 'b']);
      expect(reasons).toEqual({ UNREADABLE_SHARD: 2 });
      expect(messages[0]).toContain('404');
    } finally {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    }
  });

  it('stops when told so', async () => {
    await inTemporaryFolder(async folder => {
      const shard = join(folder, 'a.tar');
      await writeFile(
        shard,
        await tarBytes([
          ['a.png', png('a')],
          ['a.txt', 'a'],
          ['b.png', png('b')],
          ['b.txt', 'b'],
        ]),
      );
      for (const index of [true, false]) {
        const set = await webDataset([shard], { index, limits: datasetLimits });
        const stop = new AbortController();
        const keys: string[] = [];
        const reading = async () => {
          for await (const { key } of set.samples({ signal: stop.signal })) {
            keys.push(key);
            stop.abort();
          }
        };
        await expect(reading()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
        expect(keys).toEqual(['a']);
      }
    });
  });
});
