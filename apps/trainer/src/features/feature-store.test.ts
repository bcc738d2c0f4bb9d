import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDataset } from '@minigpt4/data-curation';
import { decodeImage, type RgbImage } from '@minigpt4/vision-encoder';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { makeSamples, makeTar, temporaryFolder } from '../../test/make-set.js';
import type { FeatureEncoder } from './feature-encoder.js';
import { FeatureStore, type FeatureStoreOptions } from './feature-store.js';
import { imageFileDigest, pixelDigest } from './picture-digest.js';
import { prepareFeatures } from './prepare-features.js';

const shape = { encoder: 'digest-of-an-encoder', tokens: 2, width: 3 };

/** Stands for the model: the features of a picture are its first pixels. */
function countingEncoder() {
  const encoded: number[] = [];
  const encode = async (images: readonly RgbImage[]) => {
    encoded.push(images.length);
    return images.map(({ data }) => Float32Array.from(data.subarray(0, 6)));
  };
  return { encoder: { encode } as unknown as FeatureEncoder, total: () => encoded.reduce((sum, n) => sum + n, 0) };
}

describe('FeatureStore', async () => {
  const root = await temporaryFolder();
  const tar = await makeTar(root, 70, [3]);
  let made = 0;
  const newFolder = () => join(root, `features-${made++}`);
  const fill = async (folder: string, options?: FeatureStoreOptions, part?: { index: number; of: number }) => {
    const store = await FeatureStore.open(folder, shape, options);
    const { encoder, total } = countingEncoder();
    const prepared = await prepareFeatures({
      dataset: await openDataset(tar),
      store,
      encoder,
      ...(part ? { part } : {}),
    });
    return { store, prepared, encoded: total() };
  };

  it('encodes each picture once, over all runs, and leaves damaged ones out', async () => {
    const folder = newFolder();
    const first = await fill(folder);
    expect(first.encoded).toBe(69);
    expect(first.prepared.skipped).toMatchObject({ total: 1, byReason: { IMAGE_CORRUPT: 1 } });
    const again = await fill(folder);
    expect(again.encoded).toBe(0);
    expect(again.prepared.samples).toEqual(first.prepared.samples);
  });

  it.each([
    ['from memory', 2 ** 30],
    ['from disk', 0],
  ])('gives every picture its own features %s', async (_, memoryBytes) => {
    const folder = newFolder();
    await fill(folder);
    const { store, prepared } = await fill(folder, { memoryBytes });
    const samples = await makeSamples(70);
    for (const { key, pixels } of prepared.samples) {
      const { data } = await decodeImage(samples.find(sample => sample.key === key)!.image);
      expect(await store.read(pixels)).toEqual(Float32Array.from(data.subarray(0, 6)));
    }
  });

  it('knows the same pixels in another file', async () => {
    const folder = newFolder();
    const { store } = await fill(folder);
    const [sample] = await makeSamples(70);
    const pixels = pixelDigest(await decodeImage(sample!.image));
    const other = new Uint8Array(await sharp(sample!.image).webp({ lossless: true }).toBuffer());
    expect(pixelDigest(await decodeImage(other))).toBe(pixels);
    store.addFile(imageFileDigest(other), pixels);
    await store.flush();
    const reopened = await FeatureStore.open(folder, shape);
    expect(reopened.pixelsOf(imageFileDigest(other))).toBe(pixels);
  });

  it('is filled by several processes, each its part', async () => {
    const folder = newFolder();
    const encoded = [];
    for (const index of [0, 1, 2]) encoded.push((await fill(folder, {}, { index, of: 3 })).encoded);
    expect(encoded).toEqual([23, 23, 23]);
    expect((await fill(folder)).encoded).toBe(0);
  });

  it.each([
    ['cut off', (path: string) => truncate(path, 500)],
    [
      'changed in one bit',
      async (path: string) => {
        const bytes = await readFile(path);
        bytes[bytes.length - 40]! ^= 4;
        await writeFile(path, bytes);
      },
    ],
  ])('sets a shard aside that is %s, says so, and encodes its pictures again', async (_, damage) => {
    const folder = newFolder();
    await fill(folder);
    const [name] = await readdir(folder);
    await damage(join(folder, name!));
    const warnings: string[] = [];
    const { encoded } = await fill(folder, { onWarning: message => warnings.push(message) });
    expect(encoded).toBe(69);
    expect(warnings).toEqual([expect.stringContaining(name!)]);
    expect(await readdir(folder)).toContain(`${name}.damaged`);
  });

  it('refuses features of another encoder and leaves them alone', async () => {
    const folder = newFolder();
    await fill(folder);
    const before = await readdir(folder);
    const opening = FeatureStore.open(folder, { ...shape, encoder: 'another' });
    await expect(opening).rejects.toMatchObject({ code: 'FEATURES_MISMATCH' });
    expect(await readdir(folder)).toEqual(before);
  });

  it('keeps what was encoded when it is interrupted', async () => {
    const folder = newFolder();
    const store = await FeatureStore.open(folder, shape);
    const stop = new AbortController();
    const { encoder } = countingEncoder();
    const dataset = await openDataset(tar);
    const running = prepareFeatures({ dataset, store, encoder, signal: stop.signal, onProgress: () => stop.abort() });
    await expect(running).rejects.toThrow('aborted');
    expect((await fill(folder)).encoded).toBe(69 - 63);
  });

  it('says what to do when there is no place', async () => {
    const file = join(root, 'a-file');
    await writeFile(file, '');
    await expect(FeatureStore.open(join(file, 'x'), shape)).rejects.toMatchObject({ code: 'FEATURES_UNWRITABLE' });
  });
});
