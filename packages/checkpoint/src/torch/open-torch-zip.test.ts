import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectSameTensors, fixture, temporaryFolder } from '../../test/support.js';
import { operations, tensor, type TensorClaims, writeArchive } from '../../test/torch-writer.js';
import { openCheckpoint } from '../open-checkpoint.js';

const { dictionary, pickle, text } = operations;
const folder = await temporaryFolder();

async function archive(name: string, pickled: Buffer, storage = Buffer.alloc(16)): Promise<string> {
  const path = join(folder, name);
  await writeArchive(path, [
    { name: 'archive/data.pkl', content: pickled },
    { name: 'archive/data/0', content: storage },
  ]);
  return path;
}

describe('openTorchZip', () => {
  it.each(['variants.pth', 'variants-protocol4.pth'])(
    'reads every type, view and shared storage of %s as PyTorch meant it',
    async file => {
      await using torch = await openCheckpoint(fixture(file));
      await using plain = await openCheckpoint(fixture('variants.safetensors'));
      expect(torch.format).toBe('torch');
      expect(torch.metadata).toEqual({});
      await expectSameTensors(torch, plain);
    },
  );

  it('locates contiguous tensors, shared storages included, and no strided ones', async () => {
    await using torch = await openCheckpoint(fixture('variants.pth'));
    const whole = torch.location('shared.whole')!;
    expect(whole).toEqual({ file: fixture('variants.pth'), offset: whole.offset, length: 96 });
    expect(whole.offset % 64).toBe(0);
    expect(torch.location('types.float32')).toEqual(whole);
    expect(torch.location('views.rows')).toEqual({ ...whole, offset: whole.offset + 24, length: 48 });
    expect(torch.location('shared.tail')).toEqual({ ...whole, offset: whole.offset + 72, length: 24 });
    const views = torch.names().filter(name => name.startsWith('views.'));
    expect(views.filter(name => torch.location(name))).toEqual(['views.rows']);
    expect(torch.location('nothing')).toBeUndefined();
  });

  it('takes row ranges of strided tensors', async () => {
    await using torch = await openCheckpoint(fixture('variants.pth'));
    const columns = await torch.read('views.columns');
    const rows = await torch.readRows('views.columns', 1, 2);
    expect(rows.shape).toEqual([2, 3]);
    expect([...rows.data]).toEqual([...columns.data].slice(3, 9));
    expect((await torch.readRows('views.transposed64', 6, 0)).shape).toEqual([0, 4]);
  });

  it.each([
    ['runner.pth', ['weight', 'bias']],
    ['state-dict.pth', ['weight', 'bias']],
    ['mixed.pth', ['weight']],
  ])('finds the state dict of %s', async (file, names) => {
    await using torch = await openCheckpoint(fixture(file));
    expect(torch.names()).toEqual(names);
    expect((await torch.read('weight')).dtype).toBe('float32');
  });

  it.each([
    ['malicious.pth', 'CHECKPOINT_UNSAFE', /"posix.system"/],
    ['other-wrapper.pth', 'CHECKPOINT_UNSUPPORTED', /keys "generator"/],
    ['bare-tensor.pth', 'CHECKPOINT_UNSUPPORTED', /dictionary of tensors/],
    ['deflated.pth', 'CHECKPOINT_UNSUPPORTED', /compressed/],
    ['big-endian.pth', 'CHECKPOINT_UNSUPPORTED', /expected "little", got "big"/],
  ])('refuses %s', async (file, code, message) => {
    await expect(openCheckpoint(fixture(file))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('refuses a zip of something else', async () => {
    const path = join(folder, 'other.zip');
    await writeArchive(path, [{ name: 'readme.txt', content: Buffer.from('hello') }]);
    await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'CHECKPOINT_UNSUPPORTED' });
    await writeArchive(path, [
      { name: 'a/data.pkl', content: pickle(dictionary()) },
      { name: 'a/constants.pkl', content: Buffer.alloc(0) },
    ]);
    await expect(openCheckpoint(path)).rejects.toThrow(/TorchScript/);
    await writeArchive(path, [
      { name: 'a/data.pkl', content: pickle(dictionary()) },
      { name: 'a/data.pkl', content: pickle(dictionary()) },
    ]);
    await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
  });

  const lies: readonly (readonly [string, TensorClaims, string])[] = [
    ['more elements than the storage', { count: 4, shape: [5], strides: [1] }, 'CHECKPOINT_CORRUPT'],
    ['more elements than the file', { count: 5, shape: [5], strides: [1] }, 'CHECKPOINT_CORRUPT'],
    ['an offset beyond', { count: 4, offset: 4, shape: [1], strides: [1] }, 'CHECKPOINT_CORRUPT'],
    ['strides beyond', { count: 4, shape: [2, 2], strides: [4, 1] }, 'CHECKPOINT_CORRUPT'],
    ['a negative size', { count: 4, shape: [-1], strides: [1] }, 'CHECKPOINT_CORRUPT'],
    ['a product beyond 2^53', { count: 4, shape: [2 ** 40, 2 ** 40], strides: [1, 1] }, 'CHECKPOINT_CORRUPT'],
    ['a missing stride', { count: 4, shape: [2, 2], strides: [1] }, 'CHECKPOINT_CORRUPT'],
    ['a storage that is absent', { key: '7', count: 4, shape: [4], strides: [1] }, 'CHECKPOINT_CORRUPT'],
    ['another folder', { key: '../0', count: 4, shape: [4], strides: [1] }, 'CHECKPOINT_CORRUPT'],
    ['too many dimensions', { count: 4, shape: Array(65).fill(1), strides: Array(65).fill(1) }, 'CHECKPOINT_CORRUPT'],
    ['a terabyte by expansion', { count: 4, shape: [2 ** 38], strides: [0] }, 'CHECKPOINT_LIMIT'],
    ['an unknown storage type', { type: 'QInt8Storage', count: 4, shape: [4], strides: [1] }, 'CHECKPOINT_UNSAFE'],
  ];
  it.each(lies)('refuses a tensor that claims %s', async (_, claims, code) => {
    const path = await archive('lie.pth', pickle(dictionary(text('x'), tensor(claims))));
    await expect(openCheckpoint(path)).rejects.toMatchObject({ code });
  });

  it('refuses a directory that disagrees with the file', async () => {
    const claims = { count: 1000, shape: [1000], strides: [1] };
    const path = await archive('disagrees.pth', pickle(dictionary(text('x'), tensor(claims))));
    const bytes = await readFile(path);
    const name = bytes.lastIndexOf('archive/data/0');
    bytes.writeBigUInt64LE(4000n, name + 'archive/data/0'.length + 4);
    bytes.writeBigUInt64LE(4000n, name + 'archive/data/0'.length + 12);
    await writeFile(path, bytes);
    await expect(openCheckpoint(path)).rejects.toThrow(/ends beyond the end/);
    bytes[bytes.indexOf('archive/data/0') - 30] = 0;
    await writeFile(path, bytes);
    await expect(openCheckpoint(path)).rejects.toThrow(/no local header/);
  });

  it('takes what is true', async () => {
    const claims = { count: 4, offset: 1, shape: [3, 1, 0], strides: [7, 7, 7] };
    await using opened = await openCheckpoint(await archive('true.pth', pickle(dictionary(text('x'), tensor(claims)))));
    expect((await opened.read('x')).shape).toEqual([3, 1, 0]);
  });

  it('takes a 0 beside sizes that multiply to infinity for no elements', async () => {
    const shape = [...Array.from({ length: 40 }, () => Number.MAX_SAFE_INTEGER), 0];
    const claims = { count: 4, shape, strides: shape.map(() => 0) };
    await using opened = await openCheckpoint(
      await archive('nothing.pth', pickle(dictionary(text('x'), tensor(claims)))),
    );
    expect((await opened.read('x')).data).toHaveLength(0);
  });

  describe('with one bit of a storage turned over', async () => {
    const path = join(folder, 'changed.pth');
    const bytes = await readFile(fixture('variants.pth'));
    const whole = await openCheckpoint(fixture('variants.pth'));
    afterAll(() => whole.close());
    bytes[whole.location('shared.whole')!.offset + 5]! ^= 4;
    await writeFile(path, bytes);
    const changed = {
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringMatching(/"[^"]*\/data\/\d+" was changed.*checksum [0-9a-f]{8}, got/),
    };

    it('refuses the tensors in it and reads the others', async () => {
      await using opened = await openCheckpoint(path);
      // the last ones are parts of it that hold only good bytes, and still nobody can tell
      for (const name of ['shared.whole', 'types.float32', 'views.columns', 'shared.tail', 'views.rows'])
        await expect(opened.read(name)).rejects.toMatchObject(changed);
      expect((await opened.read('types.int32')).data).toEqual((await whole.read('types.int32')).data);
    });

    it('checks nothing for rows, nor where it is told so', async () => {
      await using opened = await openCheckpoint(path);
      expect((await opened.readRows('shared.whole', 1, 1)).shape[0]).toBe(1);
      await using trusted = await openCheckpoint(path, { checksums: false });
      expect((await trusted.read('shared.whole')).shape).toEqual(whole.info('shared.whole')!.shape);
    });
  });

  it('refuses a pickle that was changed, and takes one without a checksum', async () => {
    const path = await archive(
      'pickle.pth',
      pickle(dictionary(text('weight'), tensor({ count: 4, shape: [4], strides: [1] }))),
    );
    const bytes = await readFile(path);
    bytes.write('weighs', bytes.indexOf('weight'));
    await writeFile(path, bytes);
    await expect(openCheckpoint(path)).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringMatching(/"archive\/data.pkl" was changed/),
    });
    bytes.writeUInt32LE(0, bytes.lastIndexOf('archive/data.pkl') - 30);
    await writeFile(path, bytes);
    await using opened = await openCheckpoint(path);
    expect(opened.names()).toEqual(['weighs']);
  });

  it('refuses a local header of another entry', async () => {
    const path = await archive(
      'swapped.pth',
      pickle(dictionary(text('x'), tensor({ count: 4, shape: [4], strides: [1] }))),
    );
    const bytes = await readFile(path);
    bytes.write('archive/data/1', bytes.indexOf('archive/data/0'));
    await writeFile(path, bytes);
    await expect(openCheckpoint(path)).rejects.toThrow(/no local header for "archive\/data\/0"/);
  });

  it('reads beyond 4 GB: a large storage, and one behind it', async () => {
    const path = join(folder, 'large.pth');
    const large = { type: 'ByteStorage', key: 'large', count: 5e9, offset: 5e9 - 3, shape: [3], strides: [1] };
    const last = { key: 'last', count: 2, shape: [2], strides: [1] };
    const pickled = pickle(dictionary(text('large'), tensor(large), text('last'), tensor(last)));
    await writeArchive(path, [
      { name: 'a/data.pkl', content: pickled },
      { name: 'a/data/large', content: Buffer.from([1, 2, 3]), length: 5e9 },
      { name: 'a/data/last', content: Buffer.from(new Float32Array([1.5, -2]).buffer) },
    ]);
    await using opened = await openCheckpoint(path);
    expect([...(await opened.read('large')).data]).toEqual([1, 2, 3]);
    expect([...(await opened.read('last')).data]).toEqual([1.5, -2]);
    expect(opened.location('last')!.offset).toBeGreaterThan(2 ** 32);
  });

  it('holds to its limits', async () => {
    const open = (limits: object) => openCheckpoint(fixture('variants.pth'), { limits });
    for (const limits of [
      { pickleBytes: 100 },
      { pickleOperations: 50 },
      { tensors: 5 },
      { zipEntries: 5 },
      { nameLength: 10 },
      { expandedBytes: 40 },
    ])
      await expect(open(limits)).rejects.toMatchObject({ code: 'CHECKPOINT_LIMIT' });
  });
});
