import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support.js';
import { openCheckpoint } from '../open-checkpoint.js';

const folder = await temporaryFolder();
const path = join(folder, 'x.safetensors');

function encode(header: unknown, data = Buffer.alloc(0)): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

const four = Buffer.from([1, 0, 2, 0]);
const entry = (shape: unknown, offsets: unknown, dtype: unknown = 'I16') => ({ dtype, shape, data_offsets: offsets });

describe('openSafetensors', () => {
  it('reads tensors, rows, places and metadata', async () => {
    const header = { __metadata__: { made: 'by hand' }, a: entry([2, 1], [0, 4]), b: entry([0, 5], [4, 4], 'F32') };
    await writeFile(path, encode(header, four));
    await using opened = await openCheckpoint(path);
    expect(opened.format).toBe('safetensors');
    expect(opened.path).toBe(path);
    expect(opened.metadata).toEqual({ made: 'by hand' });
    expect(opened.names()).toEqual(['a', 'b']);
    expect(opened.info('a')).toEqual({ name: 'a', dtype: 'int16', shape: [2, 1] });
    expect(opened.info('toString')).toBeUndefined();
    expect(opened.location('a')).toEqual({ file: path, offset: encode(header).length, length: 4 });
    expect(await opened.read('a')).toEqual({ dtype: 'int16', shape: [2, 1], data: new Int16Array([1, 2]) });
    expect(await opened.readRows('a', 1, 1)).toEqual({ dtype: 'int16', shape: [1, 1], data: new Int16Array([2]) });
    expect((await opened.readRows('a', 2, 0)).shape).toEqual([0, 1]);
    expect((await opened.read('b')).data.length).toBe(0);
  });

  it('refuses names and rows that are absent, and reads after close', async () => {
    await writeFile(
      path,
      encode({ a: entry([2], [0, 4]), s: entry([], [4, 6]) }, Buffer.concat([four, four.subarray(2)])),
    );
    const opened = await openCheckpoint(path);
    await expect(opened.read('c')).rejects.toMatchObject({
      code: 'CHECKPOINT_NO_TENSOR',
      message: expect.stringMatching(/"a", "s", got "c"/),
    });
    await expect(opened.readRows('c', 0, 1)).rejects.toMatchObject({ code: 'CHECKPOINT_NO_TENSOR' });
    for (const [start, count] of [
      [0, 3],
      [3, 0],
      [-1, 1],
      [0, -1],
      [0.5, 1],
      [0, Number.NaN],
    ] as const)
      await expect(opened.readRows('a', start, count)).rejects.toMatchObject({ code: 'CHECKPOINT_RANGE' });
    await expect(opened.readRows('s', 0, 1)).rejects.toMatchObject({ code: 'CHECKPOINT_RANGE' });
    await opened.close();
    await opened.close();
    await expect(opened.read('a')).rejects.toMatchObject({ code: 'CHECKPOINT_CLOSED' });
    await expect(opened.readRows('a', 0, 1)).rejects.toMatchObject({ code: 'CHECKPOINT_CLOSED' });
  });

  it.each<readonly [string, unknown, RegExp]>([
    ['no object', '{', /JSON/],
    ['a list in the place of an entry', { a: [] }, /expected an object/],
    [
      'a name twice',
      '{"a":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}',
      /"a" twice/,
    ],
    ['a range beyond the end', { a: entry([4], [0, 8]) }, /within 4 bytes/],
    ['a range that is too short', { a: entry([2], [0, 2]) }, /expected 4 bytes/],
    ['a range backwards', { a: entry([2], [4, 0]) }, /expected 4 bytes/],
    ['a negative range', { a: entry([2], [-4, 0]) }, /data_offsets/],
    ['a fractional range', { a: entry([2], [0.5, 4.5]) }, /data_offsets/],
    ['a range of three', { a: entry([2], [0, 4, 4]) }, /data_offsets/],
    ['no range', { a: { dtype: 'I16', shape: [2] } }, /data_offsets/],
    ['a negative size', { a: entry([-2], [0, 4]) }, /bad shape/],
    ['a size that is text', { a: entry(['2'], [0, 4]) }, /bad shape/],
    ['no shape', { a: { dtype: 'I16', data_offsets: [0, 4] } }, /bad shape/],
    ['a size beyond 2^53', { a: entry([2 ** 60], [0, 4]) }, /bad shape/],
    ['a product beyond 2^53', { a: entry([2 ** 50, 2 ** 50, 0], [0, 4]) }, /expected 0 bytes/],
    ['overlapping tensors', { a: entry([2], [0, 4]), b: entry([1], [2, 4]) }, /overlap/],
    ['a gap', { a: entry([1], [0, 2]), b: entry([0], [4, 4]) }, /gap/],
    ['a late start', { a: entry([1], [2, 4]) }, /gap/],
    ['bytes behind the last tensor', { a: entry([1], [0, 2]) }, /expected 2 bytes of tensor data, got 4/],
    ['metadata that is no object', { __metadata__: 'x', a: entry([2], [0, 4]) }, /__metadata__/],
    ['metadata that is no text', { __metadata__: { n: 1 }, a: entry([2], [0, 4]) }, /got number for "n"/],
  ])('refuses a header with %s', async (_, header, message) => {
    await writeFile(path, encode(header, four));
    await expect(openCheckpoint(path)).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringMatching(message),
    });
  });

  it.each([[undefined], [7], ['F8_E4M3'], ['__proto__']])('refuses the type %j', async dtype => {
    await writeFile(path, encode({ a: entry([2], [0, 4], dtype ?? null) }, four));
    await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'CHECKPOINT_UNSUPPORTED' });
  });

  it('holds to its limits', async () => {
    await writeFile(path, encode({ a: entry([1, 2, 1], [0, 4]), long: entry([0], [4, 4]) }, four));
    for (const limits of [{ headerBytes: 20 }, { tensors: 1 }, { dimensions: 2 }, { nameLength: 3 }])
      await expect(openCheckpoint(path, { limits })).rejects.toMatchObject({ code: 'CHECKPOINT_LIMIT' });
  });

  it('refuses a header longer than the file', async () => {
    const bytes = encode({ a: entry([2], [0, 4]) }, four);
    bytes.writeBigUInt64LE(6_000_000n);
    await writeFile(path, bytes);
    await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
    bytes.writeBigUInt64LE(2n ** 63n);
    await writeFile(path, bytes);
    await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'CHECKPOINT_LIMIT' });
  });

  it('reads beyond 4 GB without reading the rest', async () => {
    const sparse = join(folder, 'sparse.safetensors');
    const bytes = 5_000_000_000;
    const head = encode({ large: entry([bytes / 8, 4], [0, bytes], 'BF16'), last: entry([2], [bytes, bytes + 4]) });
    const file = await open(sparse, 'w');
    await file.write(head, 0, head.length, 0);
    await file.write(four, 0, 4, head.length + bytes);
    await file.write(four, 0, 4, head.length + 3_000_000_000);
    await file.close();
    const before = process.memoryUsage().arrayBuffers;
    await using opened = await openCheckpoint(sparse);
    expect([...(await opened.read('last')).data]).toEqual([1, 2]);
    expect([...(await opened.readRows('large', 375_000_000, 1)).data]).toEqual([1, 2, 0, 0]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });
});
