import type { ImageTextDataset, ImageTextSample } from '@minigpt4/data-curation';
import type { RgbImage } from '@minigpt4/vision-encoder';
import { PictureSkips, type SkipCounts } from '../data/picture-skips.js';
import type { FeatureEncoder } from './feature-encoder.js';
import type { FeatureStore } from './feature-store.js';
import { imageFileDigest, pixelDigest } from './picture-digest.js';

/** A sample whose features are in the store. */
export interface FeaturedSample {
  readonly key: string;
  readonly caption: string;
  /** Digest of its picture's pixels. */
  readonly pixels: string;
}

/** What {@link prepareFeatures} works with. */
export interface PrepareFeaturesOptions {
  readonly dataset: ImageTextDataset;
  readonly store: FeatureStore;
  /** Encodes what is not there. */
  readonly encoder: FeatureEncoder;
  /** Share of the set this process encodes, for several at once: samples whose number leaves `index` by `of`. Defaults to all. */
  readonly part?: { readonly index: number; readonly of: number };
  /** Is told how many samples are done. */
  readonly onProgress?: (done: number, encoded: number) => void;
  /** Ends the work early; what was encoded by then is written. */
  readonly signal?: AbortSignal;
}

/** What {@link prepareFeatures} did. */
export interface PreparedFeatures {
  /** Usable samples in the order of the set. */
  readonly samples: readonly FeaturedSample[];
  /** Pictures that were not in the store before. */
  readonly encoded: number;
  readonly skipped: SkipCounts;
}

/** Samples looked at together. */
const windowSize = 64;

/**
 * Reads a set once and sees to it that the features of every picture are in the store; pictures are only decoded when
 * their file is new, and only encoded when their pixels are. Damaged samples are left out and counted.
 * @throws the signal's reason when it ends the work
 */
export async function prepareFeatures(options: PrepareFeaturesOptions): Promise<PreparedFeatures> {
  const { dataset, store, part = { index: 0, of: 1 }, onProgress, signal } = options;
  const skips = new PictureSkips();
  const samples: FeaturedSample[] = [];
  let done = 0;
  let encoded = 0;
  try {
    for await (const window of windows(dataset.samples(signal ? { signal } : {}), part)) {
      const pixels = await pixelsOf(window, { ...options, skips });
      encoded += pixels.encoded;
      window.forEach(({ key, caption }, i) => {
        const digest = pixels.digests[i];
        if (digest !== undefined) samples.push({ key, caption, pixels: digest });
      });
      done += window.length;
      onProgress?.(done, encoded);
      signal?.throwIfAborted();
    }
  } finally {
    await store.flush();
  }
  return { samples, encoded, skipped: skips.counts(dataset.skipped) };
}

async function* windows(
  samples: AsyncIterable<ImageTextSample>,
  { index, of }: { readonly index: number; readonly of: number },
): AsyncGenerator<readonly ImageTextSample[]> {
  let window: ImageTextSample[] = [];
  let number = 0;
  for await (const sample of samples) {
    if (number++ % of === index) window.push(sample);
    if (window.length < windowSize) continue;
    yield window;
    window = [];
  }
  if (window.length > 0) yield window;
}

interface WindowOptions extends PrepareFeaturesOptions {
  readonly skips: PictureSkips;
}

/** The digest of each sample's pixels, undefined where they cannot be decoded; new ones are encoded and stored. */
async function pixelsOf(
  window: readonly ImageTextSample[],
  { store, encoder, skips }: WindowOptions,
): Promise<{ digests: readonly (string | undefined)[]; encoded: number }> {
  const files = window.map(({ image }) => imageFileDigest(image));
  const fresh = new Map<string, RgbImage>();
  const digests = await Promise.all(
    window.map(async ({ image, source }, i) => {
      const known = store.pixelsOf(files[i]!);
      if (known !== undefined) return known;
      const decoded = await skips.decode(image, source);
      if (!decoded) return undefined;
      const pixels = pixelDigest(decoded);
      if (!store.has(pixels)) fresh.set(pixels, decoded);
      return pixels;
    }),
  );
  const features = fresh.size > 0 ? await encoder.encode([...fresh.values()]) : [];
  for (const [i, pixels] of [...fresh.keys()].entries()) await store.add(pixels, features[i]!);
  digests.forEach((pixels, i) => {
    if (pixels !== undefined && store.pixelsOf(files[i]!) === undefined) store.addFile(files[i]!, pixels);
  });
  return { digests, encoded: fresh.size };
}
