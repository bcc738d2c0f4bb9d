import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { allocate, type DType, type HostTensor, hostTensor, random, zeros } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { expectSameTensors, fixture, temporaryFolder } from '../../test/support.js';
import { openCheckpoint } from '../open-checkpoint.js';
import { writeSafetensors } from '../safetensors/write-safetensors.js';
import { writeTorchCheckpoint } from './write-torch-checkpoint.js';

const dtypes: readonly DType[] = [
  'float64',
  'float32',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
];

/** One tensor of each type, of odd sizes, so that nothing is aligned by chance. */
function oneOfEach(): Record<string, HostTensor> {
  const stream = random(7);
  return Object.fromEntries(
    dtypes.map((dtype, i) => {
      const data = allocate(dtype, 3 * (i + 1));
      const bytes = new Uint8Array(data.buffer);
      // zeros and ones only: both are truth values and no half float of them is a NaN
      for (let j = 0; j < bytes.length; j++) bytes[j] = stream.integer(2);
      return [`part.${dtype}`, { dtype, shape: [3, i + 1], data }];
    }),
  );
}

describe('writeTorchCheckpoint', async () => {
  const folder = await temporaryFolder();

  it('writes what openCheckpoint reads, whatever the type', async () => {
    const [torch, safetensors] = [join(folder, 'each.pth'), join(folder, 'each.safetensors')];
    await writeTorchCheckpoint(torch, { model: oneOfEach() });
    await writeSafetensors(safetensors, oneOfEach());
    await using actual = await openCheckpoint(torch);
    await using expected = await openCheckpoint(safetensors);
    await expectSameTensors(actual, expected);
  });

  it('writes a state dict that is no part of another dictionary', async () => {
    const [flat, wrapped] = [join(folder, 'flat.pth'), join(folder, 'wrapped.pth')];
    await writeTorchCheckpoint(flat, oneOfEach());
    await writeTorchCheckpoint(wrapped, { model: oneOfEach() });
    await using actual = await openCheckpoint(flat);
    await using expected = await openCheckpoint(wrapped);
    await expectSameTensors(actual, expected);
  });

  it('lays every tensor at a multiple of 64 bytes', async () => {
    const path = join(folder, 'aligned.pth');
    await writeTorchCheckpoint(path, { model: oneOfEach() });
    await using checkpoint = await openCheckpoint(path);
    expect(checkpoint.names().map(name => checkpoint.location(name)!.offset % 64)).toEqual(dtypes.map(() => 0));
  });

  it('writes the same bytes each time', async () => {
    const digest = async (name: string) => {
      await writeTorchCheckpoint(join(folder, name), { model: oneOfEach() });
      return createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex');
    };
    expect(await digest('a.pth')).toBe(await digest('b.pth'));
  });

  it('keeps the numbers of a file that PyTorch wrote', async () => {
    const path = join(folder, 'again.pth');
    await using original = await openCheckpoint(fixture('state-dict.pth'));
    const tensors = await Promise.all(original.names().map(async name => [name, await original.read(name)] as const));
    await writeTorchCheckpoint(path, { model: Object.fromEntries(tensors) });
    await using copy = await openCheckpoint(path);
    await expectSameTensors(copy, original);
  });

  it('leaves the old file alone when a shape is wrong, and no rest when the folder is absent', async () => {
    const path = join(folder, 'kept.pth');
    await writeFile(path, 'old');
    const wrong = { ...hostTensor('float32', [2], Float32Array.of(1, 2)), shape: [3] };
    await expect(writeTorchCheckpoint(path, { model: { wrong } })).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    expect(await readFile(path, 'utf8')).toBe('old');
    const absent = join(folder, 'absent', 'x.pth');
    await expect(writeTorchCheckpoint(absent, { model: { a: zeros('int8', [1]) } })).rejects.toMatchObject({
      code: 'CHECKPOINT_WRITE',
    });
    expect((await readdir(folder)).filter(name => name.endsWith('.tmp'))).toEqual([]);
  });

  const python = process.env.MINIGPT4_PYTHON;
  it.skipIf(python === undefined)('is loaded by PyTorch (MINIGPT4_PYTHON)', async () => {
    const path = join(folder, 'python.pth');
    await writeTorchCheckpoint(path, { model: oneOfEach() });
    const program = [
      'import sys, torch',
      'full = torch.load(sys.argv[1], map_location="cpu", weights_only=True)["model"]',
      'mapped = torch.load(sys.argv[1], map_location="cpu", mmap=True)["model"]',
      'print([(n, str(t.dtype), tuple(t.shape), t.is_contiguous(), torch.equal(t, mapped[n])) for n, t in full.items()])',
    ].join('\n');
    const { stdout } = await promisify(execFile)(python!, ['-c', program, path]);
    expect(stdout.match(/True, True/g)).toHaveLength(dtypes.length);
  });
});
