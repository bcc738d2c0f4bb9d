import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DType, hostTensor, type HostTensor, viewAs } from '@minigpt4/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, expectSameTensors, fixture, temporaryFolder } from '../../test/support.js';
import { openCheckpoint } from '../open-checkpoint.js';
import { writeSafetensors } from './write-safetensors.js';

const folder = await temporaryFolder();
const path = join(folder, 'x.safetensors');
const one = hostTensor('float32', [1], new Float32Array([1]));

describe('writeSafetensors', () => {
  it('writes every type so that it reads back bit for bit, aligned', async () => {
    await using source = await openCheckpoint(fixture('variants.pth'));
    const tensors: Record<string, HostTensor> = {};
    for (const name of source.names()) tensors[name] = await source.read(name);
    await writeSafetensors(path, tensors, { note: 'a "quoted" text', step: '7' });
    await using written = await openCheckpoint(path);
    expect(written.metadata).toEqual({ note: 'a "quoted" text', step: '7' });
    await expectSameTensors(written, source);
    const misaligned = written
      .names()
      .filter(name => written.location(name)!.offset % tensors[name]!.data.BYTES_PER_ELEMENT !== 0);
    expect(misaligned).toEqual([]);
  });

  it('reads back whatever names, shapes and bytes', async () => {
    const dtypes: readonly DType[] = ['float64', 'float16', 'int64', 'bool', 'bfloat16', 'uint8'];
    const tensor = fc
      .tuple(fc.constantFrom(...dtypes), fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }))
      .map(([dtype, shape]): HostTensor => {
        const count = shape.reduce((a, b) => a * b, 1);
        const bytes = Uint8Array.from({ length: count * 8 }, (_, i) => i * 31);
        return { dtype, shape, data: viewAs(bytes, dtype).subarray(0, count) };
      });
    const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter(text => text !== '__metadata__');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, tensor), { maxLength: 6 }), async pairs => {
        const tensors = Object.fromEntries([...pairs, ['__proto__', one] as const]);
        await writeSafetensors(path, tensors);
        await using opened = await openCheckpoint(path);
        expect([...opened.names()].sort()).toEqual(Object.keys(tensors).sort());
        for (const [key, expected] of Object.entries(tensors)) {
          const read = await opened.read(key);
          expect(read.shape).toEqual(expected.shape);
          expect(bytesOf(read)).toEqual(bytesOf(expected));
        }
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it('writes the same bytes whatever the order', async () => {
    const two = hostTensor('float16', [2], new Uint16Array([1, 2]));
    await writeSafetensors(path, { b: one, a: one, c: two });
    const first = await readFile(path);
    await writeSafetensors(path, { c: two, a: one, b: one });
    expect(await readFile(path)).toEqual(first);
    expect(first.readBigUInt64LE() % 8n).toBe(0n);
  });

  it('aligns every tensor, whatever stands before it', async () => {
    const byte = hostTensor('uint8', [1], new Uint8Array([1]));
    await writeSafetensors(path, { a: byte, b: hostTensor('float64', [1], new Float64Array([2])) });
    await using opened = await openCheckpoint(path);
    expect(opened.location('b')!.offset % 8).toBe(0);
  });

  it('makes pending tensors in their turn, as the header says', async () => {
    const made: string[] = [];
    const pending = (name: string, values: number[]) => ({
      dtype: 'float32' as const,
      shape: [2],
      data: async () => {
        made.push(name);
        return Float32Array.from(values);
      },
    });
    await writeSafetensors(path, { b: pending('b', [3, 4]), a: pending('a', [1, 2]), one });
    expect(made).toEqual(['a', 'b']);
    await using written = await openCheckpoint(path);
    expect([...(await written.read('a')).data, ...(await written.read('b')).data]).toEqual([1, 2, 3, 4]);
    const wrong = join(folder, 'pending.safetensors');
    await expect(writeSafetensors(wrong, { a: pending('a', [1]) })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    expect(await readdir(folder)).not.toContain('pending.safetensors');
  });

  it('writes an empty file that opens', async () => {
    await writeSafetensors(path, {});
    await using opened = await openCheckpoint(path);
    expect(opened.names()).toEqual([]);
    expect(opened.metadata).toEqual({});
  });

  it('replaces a file that is open elsewhere, whose reader keeps the old one', async () => {
    await writeSafetensors(path, { a: one });
    await using old = await openCheckpoint(path);
    await writeSafetensors(path, { a: hostTensor('float32', [1], new Float32Array([2])) });
    await using current = await openCheckpoint(path);
    expect([...(await old.read('a')).data]).toEqual([1]);
    expect([...(await current.read('a')).data]).toEqual([2]);
  });

  it('leaves the old file and nothing else when it fails', async () => {
    const place = join(folder, 'failing');
    await mkdir(join(place, 'x.safetensors'), { recursive: true });
    await writeFile(join(place, 'x.safetensors', 'keep'), 'kept');
    await expect(writeSafetensors(join(place, 'x.safetensors'), { a: one })).rejects.toMatchObject({
      code: 'CHECKPOINT_WRITE',
      cause: expect.any(Error),
    });
    expect(await readdir(place)).toEqual(['x.safetensors']);
    expect(await readFile(join(place, 'x.safetensors', 'keep'), 'utf8')).toBe('kept');
    await expect(writeSafetensors(join(folder, 'none', 'x'), { a: one })).rejects.toMatchObject({
      code: 'CHECKPOINT_WRITE',
    });
  });

  it('refuses what the format cannot hold before it writes', async () => {
    const refused = join(folder, 'refused.safetensors');
    const lying: HostTensor = { ...one, shape: [2] };
    await expect(writeSafetensors(refused, { a: lying })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    await expect(writeSafetensors(refused, { __metadata__: one })).rejects.toMatchObject({ code: 'CHECKPOINT_NAME' });
    await expect(writeSafetensors(refused, { ['x'.repeat(2000)]: one })).rejects.toMatchObject({
      code: 'CHECKPOINT_NAME',
    });
    expect(await readdir(folder)).not.toContain('refused.safetensors');
  });
});
