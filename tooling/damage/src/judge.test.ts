import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors, writeTorchCheckpoint } from '@minigpt4/checkpoint';
import { hostTensor } from '@minigpt4/core';
import { afterAll, describe, expect, it } from 'vitest';
import { Judge } from './judge.js';

const folder = await mkdtemp(join(tmpdir(), 'damage-test-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const tensors = (last: number) => ({
  a: hostTensor('float32', [4], Float32Array.of(1, 2, 3, last)),
  b: hostTensor('float32', [4], Float32Array.of(5, 6, 7, 8)),
});

describe('Judge', async () => {
  const plain = join(folder, 'x.safetensors');
  await writeSafetensors(plain, tensors(4));
  const before = await readFile(plain);
  const judge = await Judge.of({ path: plain, files: [plain] });
  const verdictOn = async (after: Buffer, reported = after) => {
    await writeFile(plain, after);
    return judge.load({ file: plain, before, after: reported });
  };
  const edited = (from: string, to: string) => Buffer.from(before.toString('latin1').replace(from, to), 'latin1');

  it('knows what is whole, what is refused and by which code', async () => {
    expect(await verdictOn(before)).toEqual({ kind: 'whole' });
    expect(await verdictOn(before.subarray(0, -1))).toEqual({ kind: 'refused', code: 'CHECKPOINT_CORRUPT' });
    expect(await verdictOn(edited('"a"', '"c"'))).toEqual({ kind: 'refused', code: 'CHECKPOINT_MISMATCH' });
  });

  it('excuses what a format without checksums cannot see', async () => {
    const changed = Buffer.from(before);
    changed[before.length - 1]! ^= 1;
    expect(await verdictOn(changed)).toEqual({ kind: 'data unseen' });
    expect(await verdictOn(edited('F32', 'I32'))).toEqual({ kind: 'meaning unseen' });
  });

  it('excuses nothing that was not damaged', async () => {
    const changed = Buffer.from(before);
    changed[before.length - 1]! ^= 1;
    expect(await verdictOn(changed, before)).toMatchObject({
      kind: 'violation',
      what: expect.stringMatching(/^b reads/),
    });
  });

  it('excuses nothing in a file with checksums', async () => {
    const [path, other] = [join(folder, 'x.pth'), join(folder, 'other.pth')];
    await writeTorchCheckpoint(path, tensors(4));
    await writeTorchCheckpoint(other, tensors(9));
    const zip = { file: path, before: await readFile(path), after: await readFile(other) };
    const zipJudge = await Judge.of({ path, files: [path] });
    await writeFile(path, zip.after);
    expect(await zipJudge.load(zip)).toMatchObject({ kind: 'violation', what: expect.stringMatching(/checksums/) });
  });

  it('finds the bytes between the tensors', () => {
    const header = before.length - 32;
    expect(judge.structureOf(plain, before.length)).toEqual([{ start: 0, end: header }]);
    expect(judge.structureOf('another.json', 10)).toEqual([{ start: 0, end: 10 }]);
  });
});
