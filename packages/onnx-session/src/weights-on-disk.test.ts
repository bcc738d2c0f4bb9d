import { mkdir, mkdtemp, readdir, readFile, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '@minigpt4/checkpoint';
import { elementCount, hostTensor, type HostTensor } from '@minigpt4/core';
import { graph, input, parameter } from '@minigpt4/onnx-graph';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../test/support.js';
import { createSession } from './session.js';
import { weightsOnDisk } from './weights-on-disk.js';

const folder = await temporaryFolder();
let scratch = '';

beforeEach(async () => {
  scratch = await mkdtemp(join(folder, 'scratch-'));
  for (const variable of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(variable, scratch);
});
afterEach(() => vi.unstubAllEnvs());

/** Rows of 2 ** 20 elements, 4 MiB each: element i of row r is 8 · r + i % 7. */
const rowLength = 2 ** 20;

function rows(start: number, count: number): HostTensor {
  const data = Float32Array.from({ length: count * rowLength }, (_, i) => {
    return 8 * (start + Math.floor(i / rowLength)) + ((i % rowLength) % 7);
  });
  return hostTensor('float32', [count, rowLength], data);
}

/** A checkpoint of packed tensors, as those of GGUF files are; counts what is asked of it. */
function packed(rowCounts: Record<string, number>): Checkpoint & { readonly reads: string[]; closed: boolean } {
  const reads: string[] = [];
  const checkpoint = {
    path: 'packed',
    format: 'gguf' as const,
    metadata: {},
    reads,
    closed: false,
    names: () => Object.keys(rowCounts),
    info: (name: string) =>
      Object.hasOwn(rowCounts, name)
        ? { name, dtype: 'float32' as const, shape: [rowCounts[name]!, rowLength], storedAs: 'Q4_1' }
        : undefined,
    location: () => undefined,
    read: (name: string) => checkpoint.readRows(name, 0, rowCounts[name]!),
    async readRows(name: string, start: number, count: number) {
      reads.push(`${name} ${start} ${count}`);
      return rows(start, count);
    },
    async close() {
      checkpoint.closed = true;
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return checkpoint;
}

describe('weightsOnDisk', () => {
  it('leaves few packed tensors as they are', async () => {
    const checkpoint = packed({ a: 2, b: 2, c: 100 });
    await using weights = await weightsOnDisk(checkpoint, ['a', 'b', 'missing']);
    expect(weights.location('a')).toBeUndefined();
    expect(await readdir(scratch)).toEqual([]);
    expect(checkpoint.reads).toEqual([]);
  });

  it('writes many in parts, once, and removes them at the end', async () => {
    const checkpoint = packed({ a: 9, b: 1, c: 100 });
    const weights = await weightsOnDisk(checkpoint, ['a', 'b', 'a']);
    expect(checkpoint.reads).toEqual(['a 0 8', 'a 8 1', 'b 0 1']);
    for (const [name, count] of [
      ['a', 9],
      ['b', 1],
    ] as const) {
      const { file, offset, length } = weights.location(name)!;
      expect(length).toBe(elementCount([count, rowLength]) * 4);
      const bytes = (await readFile(file)).subarray(offset, offset + length);
      expect(bytes.equals(Buffer.from(rows(0, count).data.buffer))).toBe(true);
    }
    expect(weights.location('c')).toBeUndefined();
    expect(weights.info('a')).toEqual(checkpoint.info('a'));
    expect(await readdir(scratch)).toHaveLength(1);
    await weights.close();
    await weights.close();
    expect(await readdir(scratch)).toEqual([]);
    expect(checkpoint.closed).toBe(false);
  });

  it('finds nothing to do for weights that are on disk', async () => {
    const checkpoint = packed({ a: 9 });
    await using weights = await weightsOnDisk(checkpoint, ['a']);
    checkpoint.reads.length = 0;
    await using again = await weightsOnDisk(weights, ['a']);
    expect(again.location('a')).toEqual(weights.location('a'));
    expect(checkpoint.reads).toEqual([]);
  });

  it('serves sessions that outlive the file', async () => {
    const y = input('x', 'float32', ['rows', rowLength]).fusedMatmul(parameter('a', [5, rowLength]), {
      transposeB: true,
    });
    await using session = await createSession(graph({ y }), { weights: packed({ a: 5 }) });
    expect(await readdir(scratch)).toEqual([]);
    const x = hostTensor('float32', [1, rowLength], new Float32Array(rowLength));
    x.data.set([1, 0, 0, 2]);
    expect((await session.run({ x })).y!.data).toEqual(Float32Array.of(6, 30, 54, 78, 102));
  });

  it('leaves nothing behind when a tensor cannot be read', async () => {
    const checkpoint = packed({ a: 5 });
    const reason = new Error('damaged');
    checkpoint.readRows = () => Promise.reject(reason);
    await expect(weightsOnDisk(checkpoint, ['a'])).rejects.toBe(reason);
    expect(await readdir(scratch)).toEqual([]);
  });

  it('says what to do when there is no room', async () => {
    vi.stubEnv('TMPDIR', join(scratch, 'none'));
    await expect(weightsOnDisk(packed({ a: 5 }), ['a'])).rejects.toMatchObject({
      code: 'SCRATCH_WRITE',
      message: expect.stringMatching(/none: .*TMPDIR/),
    });
  });

  it('clears up after processes that were killed long ago, and nothing else', async () => {
    const names = ['minigpt4-weights-old', 'minigpt4-weights-new', 'other-old'];
    for (const name of names) {
      await mkdir(join(scratch, name));
      if (name.endsWith('old')) await utimes(join(scratch, name), 0, 0);
    }
    await using weights = await weightsOnDisk(packed({ a: 5 }), ['a']);
    const left = await readdir(scratch);
    expect(left.filter(name => names.includes(name)).sort()).toEqual(['minigpt4-weights-new', 'other-old']);
    expect(weights.location('a')).toBeDefined();
  });
});
