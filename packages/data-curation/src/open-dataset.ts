import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { chainDatasets } from './chain-datasets.js';
import { type DatasetLimits, datasetLimits } from './dataset-limits.js';
import { openRecordFile, type RecordFile } from './files/record-file.js';
import { filterCapLayout, filterCapName } from './formats/filter-cap.js';
import { imageFolderLayout, imageFolderName } from './formats/image-folder.js';
import { llavaLayout, llavaName } from './formats/llava.js';
import { messagesLayout } from './formats/messages.js';
import { recordDataset, type RecordLayout } from './formats/record-dataset.js';
import { findPictures, sidecarDataset } from './formats/sidecars.js';
import type { ImageTextDataset } from './image-text-sample.js';
import { expandShardNames } from './webdataset/expand-shard-names.js';
import { isWebAddress } from './webdataset/stream-tar.js';
import { webDataset } from './webdataset/web-dataset.js';

/** How a set is opened. */
export interface OpenOptions {
  /** Whether local tars get an index of their members, which gives `length` and `at`; without it they are streams. Defaults to true. */
  readonly index?: boolean;
  /** Folder that picture names of a JSON or JSONL list are relative to. Defaults to the folder of the list. */
  readonly imageFolder?: string;
  /** Sizes beyond which a sample is left out. Defaults to `datasetLimits`, each on its own. */
  readonly limits?: Partial<DatasetLimits>;
  /** Stops the indexing of shards. */
  readonly signal?: AbortSignal;
}

type Settings = Omit<OpenOptions, 'limits'> & { readonly limits: DatasetLimits };

// a record with this name in it is of this layout
const layouts: readonly (readonly [string, RecordLayout])[] = [
  ['messages', messagesLayout],
  ['conversations', llavaLayout],
  ['image_id', filterCapLayout],
  ['file_name', imageFolderLayout],
];

// lists of these names are looked for in a folder, in this order, and need no record to be recognised
const namedLists: ReadonlyMap<string, RecordLayout> = new Map([
  [filterCapName, filterCapLayout],
  [imageFolderName, imageFolderLayout],
  [llavaName, llavaLayout],
]);

// a damaged record at the start must not hide what the file is
const recordsLookedAt = 10;

const expected =
  'a .tar, a folder with filter_cap.json, metadata.jsonl, llava.json, tars or captioned pictures, or a .json or .jsonl list';

function isShard(name: string): boolean {
  return isWebAddress(name) || /\.tar$/iu.test(name);
}

function unknown(path: string, got: string): MiniGPT4Error {
  return new MiniGPT4Error('UNKNOWN_DATASET', `${path}: expected ${expected}, got ${got}. Check the path.`);
}

function notFound(path: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'DATASET_NOT_FOUND',
    `${path}: no such file or folder, expected ${expected}. Check the path.`,
  );
}

async function layoutOf(records: RecordFile): Promise<RecordLayout> {
  let names: string[] = [];
  for (let index = 0; index < Math.min(records.length, recordsLookedAt); index++) {
    // a record that cannot be read is counted later, when samples are
    const record = await records.read(index).catch(() => ({}));
    const found = layouts.find(([name]) => Object.hasOwn(record, name));
    if (found) return found[1];
    names = [...names, ...Object.keys(record)];
  }
  throw unknown(records.path, records.length === 0 ? 'an empty list' : `records of {${names.slice(0, 8).join(', ')}}`);
}

async function openList(path: string, { limits, imageFolder }: Settings): Promise<ImageTextDataset> {
  const records = await openRecordFile(path, limits);
  const named = records.length === 0 ? namedLists.get(basename(path)) : undefined;
  return recordDataset({ path, layout: named ?? (await layoutOf(records)), limits, imageFolder, records });
}

async function openFolder(folder: string, settings: Settings): Promise<ImageTextDataset> {
  const names = (await readdir(folder)).toSorted();
  const list = [...namedLists.keys()].find(name => names.includes(name));
  if (list !== undefined) return openList(join(folder, list), settings);
  const shards = names.filter(name => !name.startsWith('.') && isShard(name));
  if (shards.length > 0)
    return webDataset(
      shards.map(name => join(folder, name)),
      settings,
    );
  if ((await findPictures(folder)).length > 0) return sidecarDataset(folder, settings.limits);
  throw unknown(folder, names.length === 0 ? 'an empty folder' : `a folder of ${names.slice(0, 5).join(', ')}`);
}

async function openOther(path: string, settings: Settings): Promise<ImageTextDataset> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats) throw notFound(path);
  if (stats.isDirectory()) return openFolder(path, settings);
  if (/\.jsonl?$/iu.test(path)) return openList(path, settings);
  throw unknown(path, 'a file of another kind');
}

/** Neighbouring shards make one set, anything else a set of its own. */
async function openInTurn(names: readonly string[], settings: Settings): Promise<ImageTextDataset[]> {
  const sets: ImageTextDataset[] = [];
  for (let i = 0; i < names.length; ) {
    const end = names.findIndex((name, j) => j >= i && !isShard(name));
    const shards = names.slice(i, end < 0 ? names.length : end);
    if (shards.length === 0) sets.push(await openOther(names[i]!, settings));
    else if (shards.some(shard => isWebAddress(shard) || existsSync(shard)))
      sets.push(await webDataset(shards, settings));
    else throw notFound(shards[0]!);
    i += Math.max(1, shards.length);
  }
  return sets;
}

/**
 * Opens a set of image-text samples, whatever its layout: tar shards (braces such as `{000..012}` stand for many; http and https addresses are
 * streamed), `filter_cap.json` + `image/`, LLaVA's JSON, OpenAI-type JSONL, ImageFolder, or pictures with a caption file beside each.
 * Several paths follow each other as one set. Only an index is held in memory; addresses inside a set are never fetched.
 *
 * @example
 * const set = await openDataset('data/stage1-{000000..000004}.tar');
 * for await (const { key, caption } of set.samples()) console.log(key, caption);
 *
 * @throws `DATASET_NOT_FOUND`, `UNKNOWN_DATASET`, `DATASET_UNREADABLE`, `BAD_DATASET` for a list that is no JSON list, `TOO_MANY_SHARDS`.
 */
export async function openDataset(
  path: string | readonly string[],
  options: OpenOptions = {},
): Promise<ImageTextDataset> {
  const paths = typeof path === 'string' ? [path] : path;
  const names = paths.flatMap(name => (existsSync(name) ? [name] : expandShardNames(name)));
  if (names.length === 0) throw unknown('openDataset', 'an empty list of paths');
  const settings = { ...options, limits: { ...datasetLimits, ...options.limits } };
  const sets = await openInTurn(names, settings);
  return sets.length === 1 ? sets[0]! : chainDatasets(sets);
}
