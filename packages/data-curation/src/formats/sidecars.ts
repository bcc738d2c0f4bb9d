import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetLimits } from '../dataset-limits.js';
import { imageExtensions } from '../files/image-type.js';
import { readWholeFile } from '../files/read-file-ranges.js';
import type { ImageTextDataset, ImageTextSample } from '../image-text-sample.js';
import { randomAccessDataset } from '../random-access-dataset.js';
import { createSkipLog } from '../skip-report.js';
import { assembleSample } from '../webdataset/assemble-sample.js';

interface Picture {
  readonly key: string;
  readonly extension: string;
  /** Which of `json` and `txt` lie beside it. */
  readonly texts: readonly string[];
}

/** The pictures at the top of a folder, by name, each with the texts of the same name. */
export async function findPictures(folder: string): Promise<readonly Picture[]> {
  const names = (await readdir(folder)).filter(name => !name.startsWith('.')).toSorted();
  const present = new Set(names);
  const pictures: Picture[] = [];
  for (const name of names) {
    const dot = name.lastIndexOf('.');
    const [key, extension] = [name.slice(0, dot), name.slice(dot + 1)];
    if (dot < 1 || !imageExtensions.includes(extension.toLowerCase())) continue;
    pictures.push({ key, extension, texts: ['json', 'txt'].filter(text => present.has(`${key}.${text}`)) });
  }
  return pictures;
}

async function readPicture(folder: string, picture: Picture, limits: DatasetLimits): Promise<ImageTextSample> {
  const { key, extension, texts } = picture;
  const limitOf: Record<string, number> = { json: limits.jsonBytes, txt: limits.textBytes };
  const bytes = new Map<string, Uint8Array>();
  for (const ending of [extension, ...texts]) {
    const limit = limitOf[ending] ?? limits.imageBytes;
    bytes.set(ending.toLowerCase(), await readWholeFile(join(folder, `${key}.${ending}`), limit));
  }
  return assembleSample({ shard: folder, key }, bytes);
}

/** Opens a folder of pictures with a caption beside each: `cat.jpg` with `cat.txt`, or `cat.json` with a `caption`. */
export async function sidecarDataset(folder: string, limits: DatasetLimits): Promise<ImageTextDataset> {
  const pictures = await findPictures(folder);
  return randomAccessDataset({
    format: 'sidecars',
    length: pictures.length,
    skips: createSkipLog(),
    read: index => readPicture(folder, pictures[index]!, limits),
  });
}
