import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectSameTensors, fixture, temporaryFolder } from '../../test/support.js';
import { operations } from '../../test/torch-writer.js';
import { openCheckpoint } from '../open-checkpoint.js';

const { dictionary, global, integer, list, pickle, raw, text, tuple, call } = operations;
const folder = await temporaryFolder();
const magic = raw('\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19');
const system = dictionary(text('little_endian'), raw('\x88'));

async function write(...parts: readonly Buffer[]): Promise<string> {
  const path = join(folder, 'legacy.pth');
  await writeFile(path, Buffer.concat(parts));
  return path;
}

function storageCount(count: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(count));
  return bytes;
}

/** A tensor of two elements on storage `0`, by the older rebuild function, seen through a storage view from element 1. */
const viewed = call(
  global('torch._utils', '_rebuild_tensor'),
  tuple(
    Buffer.concat([
      tuple(
        text('storage'),
        global('torch', 'FloatStorage'),
        text('0'),
        text('cpu'),
        integer(4),
        tuple(text('1'), integer(1), integer(3)),
      ),
      raw('Q'),
    ]),
    integer(1),
    tuple(integer(2)),
    tuple(integer(1)),
  ),
);
const numbers = Buffer.from(new Float32Array([10, 11, 12, 13]).buffer);

describe('openTorchLegacy', () => {
  it('reads every type, view and shared storage as PyTorch meant it', async () => {
    await using torch = await openCheckpoint(fixture('variants-legacy.pth'));
    await using plain = await openCheckpoint(fixture('variants.safetensors'));
    expect(torch.format).toBe('torch');
    await expectSameTensors(torch, plain);
  });

  it('reads a runner checkpoint', async () => {
    await using legacy = await openCheckpoint(fixture('runner-legacy.pth'));
    await using zip = await openCheckpoint(fixture('runner.pth'));
    await expectSameTensors(legacy, zip);
  });

  it('follows storage views and the older rebuild function', async () => {
    const root = pickle(dictionary(text('x'), viewed));
    const path = await write(
      pickle(magic),
      pickle(integer(1001)),
      pickle(system),
      root,
      pickle(list(text('0'))),
      storageCount(4),
      numbers,
    );
    await using opened = await openCheckpoint(path);
    expect([...(await opened.read('x')).data]).toEqual([12, 13]);
  });

  it('reads a pickle up to its limit', async () => {
    const padding = text('x'.repeat(1_500_000));
    const root = pickle(dictionary(text('note'), padding, text('x'), viewed));
    const path = await write(
      pickle(magic),
      pickle(integer(1001)),
      pickle(system),
      root,
      pickle(list(text('0'))),
      storageCount(4),
      numbers,
    );
    await using opened = await openCheckpoint(path);
    expect([...(await opened.read('x')).data]).toEqual([12, 13]);
    await expect(openCheckpoint(path, { limits: { pickleBytes: 1_400_000 } })).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
    });
  });

  const root = pickle(dictionary(text('x'), viewed));
  // thirty lists, each holding the last one twice: as text, a billion items
  const endless = Buffer.concat([list(), ...Array.from({ length: 30 }, () => raw('q\x01](h\x01h\x01e'))]);
  it.each([
    ['another pickle', [pickle(dictionary())], 'CHECKPOINT_UNSUPPORTED'],
    ['another version', [pickle(magic), pickle(integer(1000))], 'CHECKPOINT_UNSUPPORTED'],
    [
      'a big-endian machine',
      [pickle(magic), pickle(integer(1001)), pickle(dictionary(text('little_endian'), raw('\x89')))],
      'CHECKPOINT_UNSUPPORTED',
    ],
    [
      'a storage of another size',
      [
        pickle(magic),
        pickle(integer(1001)),
        pickle(system),
        root,
        pickle(list(text('0'))),
        storageCount(5),
        numbers,
        numbers,
      ],
      'CHECKPOINT_CORRUPT',
    ],
    [
      'a negative size',
      [pickle(magic), pickle(integer(1001)), pickle(system), root, pickle(list(text('0'))), storageCount(-4), numbers],
      'CHECKPOINT_CORRUPT',
    ],
    [
      'an unlisted storage',
      [pickle(magic), pickle(integer(1001)), pickle(system), root, pickle(list())],
      'CHECKPOINT_CORRUPT',
    ],
    [
      'an unknown storage',
      [pickle(magic), pickle(integer(1001)), pickle(system), root, pickle(list(text('9'))), storageCount(4), numbers],
      'CHECKPOINT_CORRUPT',
    ],
    ['an endless version', [pickle(magic), pickle(endless)], 'CHECKPOINT_UNSUPPORTED'],
    [
      'an endless key',
      [pickle(magic), pickle(integer(1001)), pickle(system), root, pickle(list(endless))],
      'CHECKPOINT_CORRUPT',
    ],
    [
      'a storage listed twice',
      [
        pickle(magic),
        pickle(integer(1001)),
        pickle(system),
        root,
        pickle(list(text('0'), text('0'))),
        storageCount(4),
        numbers,
        storageCount(4),
        numbers,
      ],
      'CHECKPOINT_CORRUPT',
    ],
    [
      'a byte too many',
      [
        pickle(magic),
        pickle(integer(1001)),
        pickle(system),
        root,
        pickle(list(text('0'))),
        storageCount(4),
        numbers,
        Buffer.alloc(1),
      ],
      'CHECKPOINT_CORRUPT',
    ],
    [
      'a missing end',
      [pickle(magic), pickle(integer(1001)), pickle(system), root, pickle(list(text('0'))), storageCount(4)],
      'CHECKPOINT_CORRUPT',
    ],
  ])('refuses %s', async (_, parts, code) => {
    await expect(openCheckpoint(await write(...parts))).rejects.toMatchObject({ code });
  });

  it('refuses Python code', async () => {
    await expect(openCheckpoint(fixture('malicious-legacy.pth'))).rejects.toMatchObject({ code: 'CHECKPOINT_UNSAFE' });
  });

  it('starts with what PyTorch writes', async () => {
    const start = await readFile(fixture('variants-legacy.pth'));
    expect(start.subarray(0, 15)).toEqual(pickle(magic).subarray(0, 15));
  });
});
