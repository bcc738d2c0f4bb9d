import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { extract, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { collect, fakeImage, inTemporaryFolder, tarBytes } from '../__fixtures__/make-samples.js';
import { indexShards } from './index-shards.js';
import { scanTar } from './scan-tar.js';
import { parsePaxFields, parseTarHeader } from './tar-header.js';

/** A GNU header block, as tar-stream does not write them. */
function gnuBlock(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(512);
  block.write(name.slice(0, 100), 0, 'latin1');
  block.write('0000644\0' + '0000000\0'.repeat(2), 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0${' '.repeat(8)}${type}`, 124);
  block.write('ustar  \0', 257);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}

function padded(text: string): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.alloc(-text.length & 511)]);
}

describe('parseTarHeader', () => {
  it('reads name, size and type; null for zeros', async () => {
    const block = (await tarBytes([['dir/a.txt', 'hello']])).subarray(0, 512);
    expect(parseTarHeader(block)).toEqual({ name: 'dir/a.txt', size: 5, type: '0' });
    expect(parseTarHeader(Buffer.alloc(512))).toBeNull();
  });

  it('refuses any changed byte by its checksum', async () => {
    const block = (await tarBytes([['a.txt', 'hello']])).subarray(0, 512);
    const change = fc.tuple(fc.nat(511), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([position, by]) => {
        const changed = Buffer.from(block);
        changed[position] = (changed[position]! + by) % 256;
        // the checksum field itself has room for the same number written differently
        const same = position >= 148 && position < 156 ? [{ name: 'a.txt', size: 5, type: '0' }] : [];
        expect([undefined, ...same]).toContainEqual(parseTarHeader(changed));
      }),
    );
  });

  it('reads sizes of 8 GiB and more', async () => {
    const tar = pack();
    tar.entry({ name: 'big.bin', size: 20 * 2 ** 30 + 3 });
    const [block] = await new Promise<Buffer[]>(resolve => tar.once('data', chunk => resolve([chunk as Buffer])));
    tar.destroy();
    expect(parseTarHeader(block!)?.size).toBe(20 * 2 ** 30 + 3);
  });

  it('refuses a block without the mark of a tar', () => {
    const block = gnuBlock('a', 0, '0');
    block.write('other!!!', 257);
    expect(parseTarHeader(block)).toBeUndefined();
  });
});

describe('parsePaxFields', () => {
  it.each([
    ['22 path=folder/é.txt\n', [['path', 'folder/é.txt']]],
    [
      '10 a=b=c\\\n10 size=7\n',
      [
        ['a', 'b=c\\'],
        ['size', '7'],
      ],
    ],
    ['99 path=short\n', []],
    ['no number', []],
    ['-4 a=b\n', []],
    ['7 nokey\n', []],
  ])('%j', (text, fields) => {
    const bytes = Buffer.from(text);
    expect([...parsePaxFields(bytes)]).toEqual(fields);
  });
});

describe('scanTar', () => {
  it('finds the members that tar-stream finds, at their places, for any names and contents', async () => {
    const name = fc
      .array(fc.stringMatching(/^[a-zé ._-]{1,60}$/u), { minLength: 1, maxLength: 5 })
      .map(steps => steps.join('/'));
    const entries = fc.array(fc.tuple(name, fc.uint8Array({ maxLength: 20_000 })), { maxLength: 6 });
    await inTemporaryFolder(async folder => {
      const path = join(folder, 'a.tar');
      const check = fc.asyncProperty(entries, async wanted => {
        const bytes = await tarBytes(wanted);
        await writeFile(path, bytes);
        const found = await collect(scanTar(path));
        const contents = found.map(({ offset, length }) => bytes.subarray(offset, offset + length).toString('hex'));
        expect(found.map(member => member.name)).toEqual(wanted.map(([wantedName]) => wantedName));
        expect(contents).toEqual(wanted.map(([, data]) => Buffer.from(data).toString('hex')));
      });
      await fc.assert(check, { numRuns: 40 });
    });
  });

  it("reads GNU's long names, even where the short form ends with a slash", async () => {
    const long = `${'d/'.repeat(50)}${'x'.repeat(50)}.txt`;
    const blocks = [
      gnuBlock('././@LongLink', long.length + 1, 'L'),
      padded(`${long}\0`),
      gnuBlock(long, 5, '0'),
      padded('hello'),
    ];
    await inTemporaryFolder(async folder => {
      const path = join(folder, 'a.tar');
      await writeFile(path, Buffer.concat([...blocks, Buffer.alloc(1024)]));
      expect(await collect(scanTar(path))).toEqual([{ name: long, offset: 1536, length: 5 }]);
      const tar = extract();
      tar.end(await readFile(path));
      const names: string[] = [];
      for await (const entry of tar) {
        names.push(entry.header.name);
        entry.resume();
      }
      expect(names, 'tar-stream agrees').toEqual([long]);
    });
  });

  it('steps over pictures without reading them', async () => {
    await inTemporaryFolder(async folder => {
      const path = join(folder, 'a.tar');
      const bytes = await tarBytes([
        ['a.png', Buffer.concat([fakeImage('png', ''), Buffer.alloc(100_000)])],
        ['a.txt', 'c'],
      ]);
      // damage in the contents does not matter to the index
      bytes.fill(0x55, 512, 512 + 100_000);
      await writeFile(path, bytes);
      const { entries, skipped } = await indexShards([path]);
      expect(entries).toEqual([
        {
          shard: path,
          key: 'a',
          members: { png: { offset: 512, length: 100_008 }, txt: { offset: 101_376, length: 1 } },
        },
      ]);
      expect(skipped.total).toBe(0);
    });
  });

  it('refuses an extended header that would fill the memory', async () => {
    await inTemporaryFolder(async folder => {
      const path = join(folder, 'a.tar');
      await writeFile(path, gnuBlock('././@LongLink', 2 ** 32, 'L'));
      await expect(collect(scanTar(path))).rejects.toThrow(expect.objectContaining({ code: 'BAD_SHARD' }));
    });
  });
});
