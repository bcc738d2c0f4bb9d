import { type ImageTextDataset, openDataset } from '@minigpt4/data-curation';
import type { RgbImage } from '@minigpt4/vision-encoder';
import { describe, expect, it } from 'vitest';
import { makeTar, temporaryFolder } from '../../test/make-set.js';
import type { FeatureEncoder } from '../features/feature-encoder.js';
import { freshSet } from './fresh-set.js';
import type { SetState, TrainingSet } from './training-set.js';

/** Stands for the model: the features of a picture are its first pixels. */
const encoder = {
  encode: async (images: readonly RgbImage[]) => images.map(({ data }) => Float32Array.from(data.subarray(0, 4))),
} as unknown as FeatureEncoder;

const toTarget = (caption: string) => ({ ids: [caption.length], isEmpty: false });

describe('freshSet', async () => {
  const folder = await temporaryFolder();
  const tar = await makeTar(folder, 9, [4]);
  const indexed = await openDataset(tar);
  const streamed = await openDataset(tar, { index: false });
  const open = (dataset: ImageTextDataset, state?: SetState) =>
    freshSet({ name: 'set', dataset, encoder, cropSize: 6, toTarget, seed: 3, state });
  const drawn = async (set: TrainingSet, count: number) =>
    (await set.take(count)).map(({ key, features }) => `${key} ${features.join(',')}`);

  it.each([
    ['by position', indexed],
    ['as a stream', streamed],
  ])('goes on %s where it stood, crops included', async (_, dataset) => {
    const whole = await drawn(open(dataset), 24);
    for (const taken of [1, 8, 13]) {
      const set = open(dataset);
      await set.take(taken);
      const state = JSON.parse(JSON.stringify(set.state())) as SetState;
      expect(await drawn(open(dataset, state), 6)).toEqual(whole.slice(taken, taken + 6));
    }
  });

  it('leaves damaged pictures out, counts them, and cuts a picture anew in each pass', async () => {
    const set = open(indexed);
    const [first, second] = [await drawn(set, 8), await drawn(set, 8)];
    const keys = (samples: readonly string[]) => new Set(samples.map(sample => sample.split(' ')[0]));
    expect(keys(first)).toEqual(keys(second));
    expect(new Set(first)).not.toEqual(new Set(second));
    await set.take(8);
    expect(set.skipped().byReason).toEqual({ IMAGE_CORRUPT: 1 });
  });

  it('does not search forever for a usable sample', async () => {
    const broken = await openDataset(await makeTar(folder, 2, [0, 1]));
    await expect(open(broken).take(1)).rejects.toMatchObject({ code: 'DATA_EMPTY' });
    const brokenStream = await openDataset(await makeTar(folder, 2, [0, 1]), { index: false });
    await expect(open(brokenStream).take(1)).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });
});
