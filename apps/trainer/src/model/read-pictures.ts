import type { ImageTextDataset } from '@minigpt4/data-curation';
import sharp from 'sharp';
import { PictureSkips } from '../data/picture-skips.js';
import type { FeatureEncoder } from '../features/feature-encoder.js';

/** A picture to look at while training goes on. */
export interface Picture {
  readonly key: string;
  /** The picture file. */
  readonly image: Uint8Array;
  /** (tokens, width). */
  readonly features: Float32Array;
}

/** The first usable pictures of a set. */
export async function readPictures(
  dataset: ImageTextDataset,
  count: number,
  encoder: FeatureEncoder,
): Promise<Picture[]> {
  const skips = new PictureSkips();
  const found: { key: string; image: Uint8Array }[] = [];
  const decoded = [];
  if (count === 0) return [];
  for await (const { key, image, source } of dataset.samples()) {
    const pixels = await skips.decode(image, source);
    if (!pixels) continue;
    found.push({ key, image });
    if (decoded.push(pixels) === count) break;
  }
  const features = await encoder.encode(decoded);
  return found.map((picture, i) => ({ ...picture, features: features[i]! }));
}

const thumbnailSide = 96;

/** A picture as a small WebP data URL. */
export async function thumbnail(image: Uint8Array): Promise<string> {
  const webp = await sharp(image)
    .resize(thumbnailSide, thumbnailSide, { fit: 'inside', withoutEnlargement: true })
    .webp()
    .toBuffer();
  return `data:image/webp;base64,${webp.toString('base64')}`;
}
