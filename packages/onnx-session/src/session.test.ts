import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors } from '@minigpt4/checkpoint';
import { float32ToFloat16, hostTensor, isMiniGPT4Error, zeros } from '@minigpt4/core';
import { graph, input, parameter, type Graph } from '@minigpt4/onnx-graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { float32, temporaryFolder } from '../test/support.js';
import { createSession } from './session.js';

/** y = x · w and z = x + 1, with a parameter of 2 by 3. */
function twoOutputs(): Graph {
  const x = input('x', 'float32', ['rows', 2]);
  return graph({ y: x.matmul(parameter('w', [2, 3])), z: x.add(1) });
}

const x = float32([1, 2], [1, 10]);
const w = float32([2, 3], [1, 2, 3, 4, 5, 6]);

const folder = await temporaryFolder();

describe('Session', () => {
  it('gives every output, with type and shape', async () => {
    await using session = await createSession(twoOutputs());
    expect(await session.run({ x, w })).toEqual({
      y: float32([1, 3], [41, 52, 63]),
      z: float32([1, 2], [2, 11]),
    });
  });

  it('computes where it can, on the processor unless told otherwise', async () => {
    await using plain = await createSession(twoOutputs(), { threads: 1 });
    expect(plain.device).toBe('cpu');
    const told: string[] = [];
    await using session = await createSession(twoOutputs(), {
      name: 'product',
      device: 'auto',
      onProgress: line => told.push(line),
    });
    expect((await session.run({ x, w })).z).toEqual(float32([1, 2], [2, 11]));
    expect(told).toEqual([
      expect.stringMatching(session.device === 'cuda' ? /^product: .*CUDA$/ : /^product: .*processor/),
    ]);
  });

  it('gives only the outputs asked for', async () => {
    await using session = await createSession(twoOutputs());
    expect(await session.run({ x, w }, ['z'])).toEqual({ z: float32([1, 2], [2, 11]) });
  });

  it('gives new memory at each run', async () => {
    await using session = await createSession(twoOutputs(), { threads: 1 });
    const first = await session.run({ x, w });
    await session.run({ x: float32([1, 2], [0, 0]), w });
    expect([...(first.y!.data as Float32Array)]).toEqual([41, 52, 63]);
  });

  it('takes and gives integers, truth values and half floats as their bits', async () => {
    const ids = input('ids', 'int64', ['tokens']);
    const half = input('half', 'float16', [2]);
    await using session = await createSession(graph({ next: ids.add(1), large: ids.greater(5), sum: half.add(half) }));
    const feeds = {
      ids: hostTensor('int64', [2], BigInt64Array.of(3n, 9n)),
      half: hostTensor('float16', [2], float32ToFloat16(Float32Array.of(0.25, -3))),
    };
    expect(await session.run(feeds)).toEqual({
      next: hostTensor('int64', [2], BigInt64Array.of(4n, 10n)),
      large: hostTensor('bool', [2], Uint8Array.of(0, 1)),
      sum: hostTensor('float16', [2], float32ToFloat16(Float32Array.of(0.5, -6))),
    });
  });

  it('names a missing input with its type and shape, also a parameter that has no file', async () => {
    await using session = await createSession(twoOutputs(), { name: 'toy' });
    await expect(session.run({ w })).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      message: expect.stringMatching(/^toy: input "x" is missing, expected float32 \[rows, 2\]/),
    });
    await expect(session.run({ x })).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      message: expect.stringContaining('input "w" is missing, expected float32 [2, 3]'),
    });
  });

  it("puts its name and the inputs' shapes before the engine's words, and keeps the error as cause", async () => {
    await using session = await createSession(twoOutputs(), { name: 'toy' });
    const error: unknown = await session.run({ x: float32([1, 3], [1, 2, 3]), w }).catch((thrown: unknown) => thrown);
    expect(isMiniGPT4Error(error, 'ENGINE_FAILED')).toBe(true);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^toy: .*got inputs x \[1, 3\], w \[2, 3\]: [^]*Got: 3 Expected: 2/),
      cause: expect.objectContaining({ message: expect.stringContaining('Got: 3 Expected: 2') }),
    });
  });

  it('wraps what the engine says of indices out of range, unknown outputs and types it does not take', async () => {
    const table = parameter('table', [4, 1]);
    await using session = await createSession(graph({ rows: table.gather(input('ids', 'int64', [1])) }));
    const ids = (id: bigint) => hostTensor('int64', [1], BigInt64Array.of(id));
    const feeds = { table: float32([4, 1], [0, 1, 2, 3]), ids: ids(3n) };
    expect((await session.run(feeds)).rows).toEqual(float32([1, 1], [3]));
    await expect(session.run({ ...feeds, ids: ids(4n) })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await expect(session.run(feeds, ['columns'])).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringContaining('columns'),
    });
    await expect(session.run({ ...feeds, table: zeros('bfloat16', [4, 1]) })).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringContaining('bfloat16'),
    });
  });

  it('can be disposed twice, and then says so instead of running', async () => {
    const session = await createSession(twoOutputs(), { name: 'toy' });
    await session.dispose();
    await session.dispose();
    await expect(session.run({ x, w })).rejects.toMatchObject({
      code: 'SESSION_DISPOSED',
      message: expect.stringMatching(/^toy: session is disposed/),
    });
  });

  it('is disposed at the end of its block', async () => {
    const use = async () => {
      await using session = await createSession(twoOutputs());
      return session;
    };
    await expect((await use()).run({ x, w })).rejects.toMatchObject({ code: 'SESSION_DISPOSED' });
  });
});

describe('createSession with weights', () => {
  // 36 MiB of float32: the system's allocator gives blocks above 32 MiB back at once, smaller ones leave holes
  const width = 3072;
  const large = graph({
    y: input('x', 'float32', [1, width]).fusedMatmul(parameter('w', [width, width]), { transposeB: true }),
  });
  const file = join(folder, 'large.safetensors');

  beforeAll(async () => {
    const weight = zeros('float32', [width, width]);
    weight.data.fill(0.5);
    await writeSafetensors(file, { w: weight });
  });

  it('leaves the weights out of JavaScript memory', async () => {
    await using checkpoint = await openCheckpoint(file);
    const held = () => {
      const { heapUsed, external } = process.memoryUsage(); // array buffers are part of external
      return heapUsed + external;
    };
    const before = held();
    await using session = await createSession(large, { weights: checkpoint });
    expect(held() - before).toBeLessThan(16 * 2 ** 20);
    const { y } = await session.run({ x: zeros('float32', [1, width]) });
    expect(y).toEqual(zeros('float32', [1, width]));
    expect(held() - before).toBeLessThan(16 * 2 ** 20);
  });

  it('gives the memory back: ten more times of loading need no more of it', async () => {
    await using checkpoint = await openCheckpoint(file);
    const ones = zeros('float32', [1, width]);
    ones.data.fill(1);
    const loadAndRun = async () => {
      await using session = await createSession(large, { weights: checkpoint, threads: 1 });
      expect((await session.run({ x: ones })).y!.data[width - 1]).toBe(width / 2);
    };
    for (let i = 0; i < 3; i++) await loadAndRun();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 10; i++) await loadAndRun();
    // ten sessions that stayed would hold ten times 36 MiB
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 2 ** 20);
  });

  it('runs after the checkpoint is closed', async () => {
    const checkpoint = await openCheckpoint(file);
    await using session = await createSession(large, { weights: checkpoint });
    await checkpoint.close();
    expect((await session.run({ x: zeros('float32', [1, width]) })).y!.shape).toEqual([1, width]);
  });

  it('says which session could not load a file that was cut off or removed meanwhile', async () => {
    const victim = join(folder, 'victim.safetensors');
    await writeSafetensors(victim, { w: float32([2, 3], [1, 2, 3, 4, 5, 6]) });
    await using checkpoint = await openCheckpoint(victim);
    await truncate(victim, 20);
    const failure = {
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/^toy: .*could not load/),
      cause: expect.any(Error),
    };
    await expect(createSession(twoOutputs(), { name: 'toy', weights: checkpoint })).rejects.toMatchObject(failure);
    await rm(victim);
    await expect(createSession(twoOutputs(), { name: 'toy', weights: checkpoint })).rejects.toMatchObject(failure);
  });
});
