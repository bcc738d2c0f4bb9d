import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { imageType } from '../files/image-type.js';
import { keyToFileName } from '../files/key-to-name.js';
import { checkedImage } from '../files/read-image.js';
import { type Append, buildFolder, type FolderTarget, writeFileAtomically } from '../files/write-atomically.js';
import type { ImageTextSample } from '../image-text-sample.js';
import { requiredCaption } from '../formats/record-dataset.js';

/** Samples from wherever they come; they are taken one at a time. */
export type SampleSource = Iterable<ImageTextSample> | AsyncIterable<ImageTextSample>;

/** How a list of records is put down as text. */
export interface ListSyntax {
  readonly before: string;
  readonly between: string;
  readonly after: string;
}

/** One JSON object a line. */
export const jsonLines: ListSyntax = { before: '', between: '\n', after: '\n' };

/** A set that is a list and a folder of pictures beside it. */
export interface FolderLayout {
  readonly list: string;
  readonly images: string;
  readonly syntax: ListSyntax;
  /** The record for a sample whose picture became `images/FILE`. */
  toRecord(sample: ImageTextSample, file: string): Readonly<Record<string, unknown>>;
}

/**
 * The sample, if a reader will take it back.
 *
 * @throws `NOT_AN_IMAGE`, `NO_CAPTION`.
 */
export function writable(sample: ImageTextSample): ImageTextSample {
  checkedImage(sample.image, `sample ${sample.key}`);
  requiredCaption(sample.caption, `sample ${sample.key}`);
  return sample;
}

/** The metadata that a caller wants kept in a record. */
export function chosenColumns(sample: ImageTextSample, columns: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(columns.filter(name => name in sample.metadata).map(name => [name, sample.metadata[name]]));
}

/** Writes a list record by record; returns how many there were. */
export async function appendRecords(
  append: Append,
  { before, between, after }: ListSyntax,
  records: AsyncIterable<Readonly<Record<string, unknown>>>,
): Promise<number> {
  let count = 0;
  await append(before);
  for await (const record of records) {
    await append(`${count === 0 ? '' : between}${JSON.stringify(record)}`);
    count++;
  }
  await append(count === 0 && before === '' ? '' : after);
  return count;
}

async function* recordsWithImages(
  samples: SampleSource,
  folder: string,
  layout: FolderLayout,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const used = new Set<string>();
  for await (const sample of samples) {
    const { extension } = imageType(writable(sample).image)!;
    const name = keyToFileName(sample.key);
    if (used.has(name)) {
      throw new MiniGPT4Error(
        'DUPLICATE_KEY',
        `${folder}: expected keys that differ, got ${JSON.stringify(sample.key)} twice. Give each sample a key of its own.`,
      );
    }
    used.add(name);
    const file = `${name}.${extension}`;
    await writeFile(join(folder, layout.images, file), sample.image, { flush: true });
    yield layout.toRecord(sample, file);
  }
}

/**
 * Writes a list with a folder of pictures as a whole: the folder appears when everything is in it.
 *
 * @throws `OUTPUT_EXISTS`, `DUPLICATE_KEY`, `INVALID_KEY`, `NOT_AN_IMAGE`, `NO_CAPTION`.
 */
export function writeFolderSet(
  samples: SampleSource,
  { folder, overwrite = false }: Pick<FolderTarget, 'folder' | 'overwrite'>,
  layout: FolderLayout,
): Promise<number> {
  const target = { folder, overwrite, contents: [layout.list, layout.images] };
  return buildFolder(target, async partial => {
    await mkdir(join(partial, layout.images));
    const records = recordsWithImages(samples, partial, layout);
    return writeFileAtomically(join(partial, layout.list), append => appendRecords(append, layout.syntax, records));
  });
}

/**
 * Makes sure that a file may be written.
 *
 * @throws `OUTPUT_EXISTS`.
 */
export async function refuseExisting(path: string, overwrite: boolean): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (!exists || overwrite) return;
  throw new MiniGPT4Error(
    'OUTPUT_EXISTS',
    `${path}: exists already, expected a new file in ${dirname(path)}. Choose another name or set overwrite.`,
  );
}
