import { copyFile, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostTensor } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { expectSameTensors, fixture, sharedPath, temporaryFolder } from '../test/support.js';
import { openCheckpoint } from './open-checkpoint.js';
import { writeSafetensors } from './safetensors/write-safetensors.js';

const folder = await temporaryFolder();
const vector = (...values: number[]) => hostTensor('float32', [values.length], new Float32Array(values));

/** A folder with two safetensors shards, one torch file, and the index given. */
async function shards(index: unknown): Promise<string> {
  const place = await mkdtemp(join(folder, 'shards-'));
  await writeSafetensors(join(place, 'one.safetensors'), { a: vector(1), b: vector(2, 3) }, { format: 'pt' });
  await writeSafetensors(join(place, 'two.safetensors'), { c: vector(4), extra: vector(5) });
  await copyFile(fixture('mixed.pth'), join(place, 'three.bin'));
  await writeFile(
    join(place, 'model.safetensors.index.json'),
    typeof index === 'string' ? index : JSON.stringify(index),
  );
  return place;
}

const good = {
  metadata: { total_size: 12 },
  weight_map: { a: 'one.safetensors', c: 'two.safetensors', weight: 'three.bin' },
};

describe('openSharded', () => {
  it('shows the tensors of the map, in whichever format their shards are', async () => {
    const place = await shards(good);
    await using opened = await openCheckpoint(place);
    expect(opened.format).toBe('sharded');
    expect(opened.path).toBe(join(place, 'model.safetensors.index.json'));
    expect(opened.names()).toEqual(['a', 'c', 'weight']);
    expect(opened.metadata).toEqual({ format: 'pt' });
    expect([...(await opened.read('c')).data]).toEqual([4]);
    expect([...(await opened.readRows('weight', 1, 1)).data]).toEqual([1]);
    expect(opened.info('b')).toBeUndefined();
    expect(opened.location('c')).toMatchObject({ file: join(place, 'two.safetensors'), length: 4 });
    await expect(opened.read('b')).rejects.toMatchObject({ code: 'CHECKPOINT_NO_TENSOR' });
    await opened.close();
    await expect(opened.read('c')).rejects.toMatchObject({ code: 'CHECKPOINT_CLOSED' });
  });

  it('counts the tensors of all shards together', async () => {
    const place = await shards(good);
    // two in the first, two in the second, one in the third
    await expect(openCheckpoint(place, { limits: { tensors: 4 } })).rejects.toMatchObject({ code: 'CHECKPOINT_LIMIT' });
    await using opened = await openCheckpoint(place, { limits: { tensors: 5 } });
    expect(opened.names()).toHaveLength(3);
  });

  it.each([['one.safetensors'], [['one.safetensors']], [7], [null]])('refuses the map %j', async map => {
    const place = await shards({ weight_map: map });
    await expect(openCheckpoint(place)).rejects.toThrow(/expected a "weight_map" from tensors to files/);
  });

  it('opens by the index itself', async () => {
    await using opened = await openCheckpoint(join(await shards(good), 'model.safetensors.index.json'));
    expect(opened.names()).toHaveLength(3);
  });

  it.each([
    ['../one.safetensors'],
    ['/etc/passwd'],
    ['sub/one.safetensors'],
    ['..\\one.safetensors'],
    ['C:one.safetensors'],
    ['..'],
    ['.'],
    [''],
    ['one\0.safetensors'],
    [7],
    [null],
  ])('refuses the shard %j', async shard => {
    const place = await shards({ weight_map: { a: shard } });
    await expect(openCheckpoint(place)).rejects.toMatchObject({ code: 'CHECKPOINT_UNSAFE' });
  });

  it('names all absent shards, and closes the others', async () => {
    const handles = async () => (await readdir('/proc/self/fd')).length;
    const before = await handles();
    const place = await shards({ weight_map: { a: 'x.bin', b: 'y.bin', c: 'two.safetensors' } });
    await expect(openCheckpoint(place)).rejects.toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
      message: expect.stringMatching(/"x.bin", "y.bin"/),
    });
    expect(await handles()).toBe(before);
  });

  it('passes on what is wrong with a shard', async () => {
    const place = await shards(good);
    await writeFile(join(place, 'two.safetensors'), 'short');
    await expect(openCheckpoint(place)).rejects.toMatchObject({ code: 'CHECKPOINT_UNSUPPORTED' });
    const nested = await shards({ weight_map: { a: 'folder' } });
    await mkdir(join(nested, 'folder'));
    await expect(openCheckpoint(nested)).rejects.toMatchObject({ code: 'CHECKPOINT_UNSUPPORTED' });
    const itself = await shards({ weight_map: { a: 'model.safetensors.index.json' } });
    await expect(openCheckpoint(itself)).rejects.toMatchObject({ code: 'CHECKPOINT_UNSUPPORTED' });
  });

  it.each<readonly [string, unknown, RegExp]>([
    ['tensors that their shard lacks', { weight_map: { a: 'two.safetensors', c: 'two.safetensors' } }, /none for "a"/],
    ['no map', {}, /weight_map/],
    ['an empty map', { weight_map: {} }, /weight_map/],
    ['null', null, /weight_map/],
    ['a map that is no object', { weight_map: 7 }, /weight_map/],
    ['no JSON', '{', /JSON/],
    ['a tensor twice', '{"weight_map":{"a":"one.safetensors","a":"two.safetensors"}}', /"a" twice/],
    ['endless nesting', '['.repeat(100_000), /levels/],
  ])('refuses an index with %s', async (_, index, message) => {
    await expect(openCheckpoint(await shards(index))).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringMatching(message),
    });
  });

  it('holds to its limits', async () => {
    const place = await shards(good);
    for (const limits of [{ headerBytes: 20 }, { tensors: 2 }, { shards: 2 }])
      await expect(openCheckpoint(place, { limits })).rejects.toMatchObject({ code: 'CHECKPOINT_LIMIT' });
  });
});

const checkpoints = sharedPath('goldens/nano/checkpoints');

describe.skipIf(!checkpoints)('a language model in both formats', () => {
  it('is the same, tensor by tensor', async () => {
    await using single = await openCheckpoint(`${checkpoints}/llm`);
    await using several = await openCheckpoint(`${checkpoints}/llm-bin`);
    expect([single.format, several.format]).toEqual(['safetensors', 'sharded']);
    // old files hold the rotary frequencies as buffers
    await expectSameTensors(several, single, name => name.endsWith('rotary_emb.inv_freq'));
  });
});
