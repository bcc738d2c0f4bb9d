import { dirname } from 'node:path';
import type { DatasetLimits } from '../dataset-limits.js';
import { openRecordFile, type RecordFile } from '../files/record-file.js';
import type { DatasetFormat, ImageTextDataset, ImageTextSample } from '../image-text-sample.js';
import { randomAccessDataset } from '../random-access-dataset.js';
import { brokenSample, createSkipLog } from '../skip-report.js';

/** One record of a list. */
export interface ListedRecord {
  readonly record: Readonly<Record<string, unknown>>;
  /** The record, as `FILE:NUMBER`, for messages. */
  readonly source: string;
  /** Position of the record, from 0. */
  readonly index: number;
}

/** Makes a sample of a record, or throws why it is broken. */
export type ToSample = (listed: ListedRecord) => Promise<ImageTextSample>;

/** What holds for all records of a list. */
export interface RecordContext {
  /** Folder that names of pictures are relative to. */
  readonly folder: string;
  readonly limits: DatasetLimits;
}

/** A layout in which a JSON or JSONL file lists the samples. */
export interface RecordLayout {
  readonly format: DatasetFormat;
  open(context: RecordContext): ToSample | Promise<ToSample>;
}

/** Where the list is and what it is. */
export interface RecordDatasetOptions {
  readonly path: string;
  readonly layout: RecordLayout;
  readonly limits: DatasetLimits;
  /** Folder that names of pictures are relative to. Defaults to the folder of the list. */
  readonly imageFolder?: string | undefined;
  /** The list, if it was opened already to see what it is. */
  readonly records?: RecordFile | undefined;
}

/** Opens a set that a JSON or JSONL file lists. */
export async function recordDataset(options: RecordDatasetOptions): Promise<ImageTextDataset> {
  const { path, layout, limits, imageFolder: folder = dirname(path) } = options;
  const records = options.records ?? (await openRecordFile(path, limits));
  const toSample = await layout.open({ folder, limits });
  return randomAccessDataset({
    format: layout.format,
    length: records.length,
    skips: createSkipLog(),
    read: async index => toSample({ record: await records.read(index), source: records.source(index), index }),
  });
}

/**
 * A text with something in it.
 *
 * @throws `NO_CAPTION`.
 */
export function requiredCaption(value: unknown, source: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  const got = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 40);
  throw brokenSample('NO_CAPTION', `${source}: expected a text, got ${got}. Add the caption.`);
}
