import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { imageExtensions } from '../files/image-type.js';
import { safeName } from '../files/inside-folder.js';
import { readImage } from '../files/read-image.js';
import { brokenSample } from '../skip-report.js';
import { requiredCaption, type RecordLayout } from './record-dataset.js';

/** Folder of the pictures, beside the list. */
export const filterCapImages = 'image';

/** Name of the list. */
export const filterCapName = 'filter_cap.json';

function imageId(id: unknown, source: string): string {
  if ((typeof id === 'string' && id !== '') || Number.isSafeInteger(id)) return String(id);
  const got = JSON.stringify(id)?.slice(0, 40) ?? 'nothing';
  throw brokenSample(
    'BAD_RECORD',
    `${source}: expected "image_id" to be a text or whole number, got ${got}. Name the picture.`,
  );
}

/** The names of picture files by what stands before the ending; of several with one stem, the first of .jpg, .jpeg, .png, .webp, … */
async function picturesByStem(folder: string): Promise<ReadonlyMap<string, string>> {
  // a missing folder shows with each record
  const names = await readdir(folder).catch(() => []);
  const rank = (name: string) => imageExtensions.indexOf(name.slice(name.lastIndexOf('.') + 1).toLowerCase());
  const pictures = names.filter(name => rank(name) >= 0).toSorted((a, b) => rank(b) - rank(a));
  return new Map(pictures.map(name => [name.slice(0, name.lastIndexOf('.')), name]));
}

/**
 * Stage 2's curated set: `filter_cap.json`, a list or an object with the list `annotations`, of `{image_id, caption}`,
 * beside `image/{image_id}.jpg` (or .png, .webp). Follows `CCSBUAlignDataset` of the original's `cc_sbu_dataset.py`.
 */
export const filterCapLayout: RecordLayout = {
  format: 'filter-cap',
  async open({ folder: parent, limits }) {
    const folder = join(parent, filterCapImages);
    const pictures = await picturesByStem(folder);
    return async ({ record, source }) => {
      const key = imageId(record.image_id, source);
      const caption = requiredCaption(record.caption, source);
      const name = pictures.get(key) ?? (safeName(key) === undefined ? key : `${key}.jpg`);
      const image = await readImage({ folder, name, source }, limits);
      return { key, image, caption, metadata: record, source };
    };
  },
};
