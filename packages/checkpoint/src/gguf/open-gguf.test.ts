import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asFloat32, hostTensor } from '@minigpt4/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GgufWriter, nested, uint32, uint64 } from '../../test/gguf-writer.js';
import { fixture, temporaryFolder } from '../../test/support.js';
import { openCheckpoint } from '../open-checkpoint.js';
import { readGgufMetadata } from './open-gguf.js';

const folder = await temporaryFolder();
const path = join(folder, 'x.gguf');

/** Writes the file and returns its path. */
async function save(bytes: Uint8Array): Promise<string> {
  await writeFile(path, bytes);
  return path;
}

const numbers = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);

/** A valid file: one float32 tensor of shape [2, 3]. */
const small = () => new GgufWriter().tensor({ name: 'a', dimensions: [3, 2], type: 0, data: numbers });

describe('openGguf', () => {
  const names = ['F32', 'F16', 'BF16', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q4_K', 'Q5_K', 'Q6_K'];

  it.each(names)('reads %s as the original tools do', async name => {
    await using opened = await openCheckpoint(fixture('blocks.gguf'));
    await using expected = await openCheckpoint(fixture('blocks.safetensors'));
    const whole = await expected.read(name);
    expect(asFloat32(await opened.read(name))).toEqual(whole.data);
    expect(asFloat32(await opened.readRows(name, 1, 2))).toEqual(whole.data.slice(512));
    expect((await opened.readRows(name, 3, 0)).shape).toEqual([0, 512]);
  });

  it('tells how elements are packed, and where plain ones lie', async () => {
    await using opened = await openCheckpoint(fixture('blocks.gguf'));
    expect(opened.format).toBe('gguf');
    expect(opened.names()).toEqual([...names, 'list']);
    expect(opened.info('Q5_1')).toEqual({ name: 'Q5_1', dtype: 'float32', shape: [3, 512], storedAs: 'Q5_1' });
    expect(opened.location('Q5_1')).toBeUndefined();
    expect(opened.info('BF16')).toEqual({ name: 'BF16', dtype: 'bfloat16', shape: [3, 512] });
    const { file, offset, length } = opened.location('BF16')!;
    const stored = (await readFile(file)).subarray(offset, offset + length);
    expect(stored.equals(Buffer.from((await opened.read('BF16')).data.buffer))).toBe(true);
  });

  it('finds single elements within blocks', async () => {
    await using opened = await openCheckpoint(fixture('blocks.gguf'));
    const whole = (await opened.read('list')).data;
    expect(whole).toHaveLength(512);
    for (const [start, count] of [
      [0, 512],
      [31, 2],
      [40, 3],
      [511, 1],
      [512, 0],
      [33, 0],
    ] as const) {
      const { shape, data } = await opened.readRows('list', start, count);
      expect([shape, data]).toEqual([[count], whole.slice(start, start + count)]);
    }
  });

  it('takes the one GGUF file of a directory', async () => {
    await save(small().encode());
    await using opened = await openCheckpoint(folder);
    expect(opened.path).toBe(path);
    expect(await opened.read('a')).toEqual(hostTensor('float32', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)));
  });

  it('reads on when a header is longer than the first part', async () => {
    const long = small()
      .string('long', 'x'.repeat(9 * 1024 * 1024))
      .encode();
    await using opened = await openCheckpoint(await save(long));
    expect((await opened.read('a')).data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect((await readGgufMetadata(path)).get('long')).toHaveLength(9 * 1024 * 1024);
  });

  it('follows the alignment that the file names', async () => {
    const file = small().tensor({ name: 'b', dimensions: [6], type: 0, data: numbers });
    await using opened = await openCheckpoint(await save(file.uint32('general.alignment', 256).encode(256)));
    expect(opened.location('b')!.offset % 256).toBe(0);
    expect((await opened.read('b')).data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  it.each<readonly [string, GgufWriter, string, RegExp]>([
    ['an old version', small().version(1), 'CHECKPOINT_UNSUPPORTED', /got version 1/],
    ['another byte order', small().version(0x03000000), 'CHECKPOINT_UNSUPPORTED', /big-endian/],
    ['a part of a split', small().uint32('split.count', 3), 'CHECKPOINT_UNSUPPORTED', /one of 3.*--merge/],
    [
      'an unknown type',
      small().tensor({ name: 'b', dimensions: [256], type: 10 }),
      'CHECKPOINT_UNSUPPORTED',
      /Q6_K.*got number 10/,
    ],
    ['a key twice', small().uint32('k', 1).uint32('k', 1), 'CHECKPOINT_CORRUPT', /"k" twice/],
    [
      'a tensor twice',
      small().tensor({ name: 'a', dimensions: [6], type: 0, data: numbers }),
      'CHECKPOINT_CORRUPT',
      /"a" twice/,
    ],
    ['an unknown kind of value', small().value('k', 13, Buffer.alloc(8)), 'CHECKPOINT_CORRUPT', /got 13/],
    ['a text beyond the end', small().value('k', 8, uint64(2 ** 40)), 'CHECKPOINT_CORRUPT', /file too short/],
    ['a text of endless length', small().value('k', 8, Buffer.alloc(8, 255)), 'CHECKPOINT_CORRUPT', /file too short/],
    [
      'a list beyond the end',
      small().value('k', 9, Buffer.concat([uint32(0), uint64(100_000)])),
      'CHECKPOINT_CORRUPT',
      /file too short/,
    ],
    [
      'an endless list',
      small().value('k', 9, Buffer.concat([uint32(0), Buffer.alloc(8, 255)])),
      'CHECKPOINT_LIMIT',
      /metadataElements/,
    ],
    ['deep lists', small().value('k', 9, nested(5)), 'CHECKPOINT_CORRUPT', /at most 4 levels/],
    [
      'five dimensions',
      small().tensor({ name: 'b', dimensions: [1, 1, 1, 1, 1], type: 0 }),
      'CHECKPOINT_CORRUPT',
      /got 5/,
    ],
    ['a size of 0', small().tensor({ name: 'b', dimensions: [0], type: 0 }), 'CHECKPOINT_CORRUPT', /bad shape/],
    [
      'sizes beyond counting',
      small().tensor({ name: 'b', dimensions: [2 ** 30, 2 ** 30], type: 0 }),
      'CHECKPOINT_CORRUPT',
      /bad shape/,
    ],
    [
      'half a block',
      small().tensor({ name: 'b', dimensions: [48, 2], type: 8 }),
      'CHECKPOINT_CORRUPT',
      /whole blocks of 32 elements, got \[2, 48\] of Q8_0/,
    ],
    [
      'data beyond the end',
      small().tensor({ name: 'b', dimensions: [64], type: 0, data: numbers }),
      'CHECKPOINT_CORRUPT',
      /"b" within/,
    ],
    [
      'overlapping data',
      small().tensor({ name: 'b', dimensions: [6], type: 0, offset: 16 }),
      'CHECKPOINT_CORRUPT',
      /overlapping/,
    ],
    [
      'a gap in the data',
      small().tensor({ name: 'b', dimensions: [6], type: 0, offset: 64, data: Buffer.alloc(56) }),
      'CHECKPOINT_CORRUPT',
      /a gap.*"b" to start at 32, got 64/,
    ],
    [
      'bytes behind the data',
      new GgufWriter().tensor({ name: 'b', dimensions: [6], type: 0, data: Buffer.alloc(40) }),
      'CHECKPOINT_CORRUPT',
      /file too long, expected 24 bytes of tensor data, got 64/,
    ],
    ['a strange alignment', small().uint32('general.alignment', 48), 'CHECKPOINT_CORRUPT', /power of two/],
    ['an alignment of text', small().string('general.alignment', '32'), 'CHECKPOINT_CORRUPT', /power of two/],
    ['too many tensors', small().counts(2 ** 40, 0), 'CHECKPOINT_LIMIT', /limits.tensors/],
    ['too many keys', small().counts(1, 2 ** 40), 'CHECKPOINT_LIMIT', /limits.metadataKeys/],
    ['more tensors than there are', new GgufWriter().counts(1, 0), 'CHECKPOINT_CORRUPT', /file too short/],
    [
      'a long name',
      small().tensor({ name: 'b'.repeat(1025), dimensions: [1], type: 0 }),
      'CHECKPOINT_LIMIT',
      /nameLength/,
    ],
  ])('refuses %s', async (_, file, code, message) => {
    await expect(openCheckpoint(await save(file.encode()))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('obeys limits that are passed', async () => {
    await save(small().string('k', 'x'.repeat(100)).encode());
    const cause = { code: 'CHECKPOINT_LIMIT', message: expect.stringMatching(/headerBytes/) };
    await expect(openCheckpoint(path, { limits: { headerBytes: 100 } })).rejects.toMatchObject(cause);
    await expect(readGgufMetadata(path, { limits: { headerBytes: 100 } })).rejects.toMatchObject(cause);
  });
});

describe('readGgufMetadata', () => {
  it('reads every type of value', async () => {
    const metadata = await readGgufMetadata(fixture('blocks.gguf'));
    const tested = [...metadata].filter(([key]) => key.startsWith('test.'));
    expect(Object.fromEntries(tested.map(([key, value]) => [key.slice(5), value]))).toEqual({
      uint8: 200,
      int8: -100,
      uint16: 60000,
      int16: -30000,
      uint32: 4_000_000_000,
      int32: -2_000_000_000,
      float32: 0.5,
      bool: true,
      string: 'k\u00e4se \u{1f9c0}',
      uint64: 2n ** 63n + 1n,
      int64: -(2 ** 53) + 1,
      float64: 0.1,
      strings: ['', 'a', 'b c'],
      numbers: [1, -2, 3],
      nested: [[1, 2], [3]],
    });
    expect(metadata.get('general.architecture')).toBe('llama');
  });

  it('gives a 64-bit integer as a number where that is exact', async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), async value => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64LE(value);
        const read = (await readGgufMetadata(await save(small().value('k', 10, bytes).encode()))).get('k');
        expect(BigInt(read as number | bigint)).toBe(value);
        expect(typeof read).toBe(value < 2n ** 53n ? 'number' : 'bigint');
      }),
      { numRuns: 40 },
    );
  });

  it('says what is no GGUF file', async () => {
    await expect(readGgufMetadata(fixture('runner.pth'))).rejects.toMatchObject({ code: 'CHECKPOINT_UNSUPPORTED' });
    await expect(readGgufMetadata(join(folder, 'none'))).rejects.toMatchObject({ code: 'CHECKPOINT_NOT_FOUND' });
    await expect(readGgufMetadata(await save(Buffer.from('GG')))).rejects.toMatchObject({
      code: 'CHECKPOINT_UNSUPPORTED',
    });
  });
});
