import { isMiniGPT4Error } from '@minigpt4/core';
import type { DatasetLimits } from '../dataset-limits.js';
import { brokenSample, type SkipReason } from '../skip-report.js';
import { imageType } from './image-type.js';
import { insideFolder } from './inside-folder.js';
import { readWholeFile } from './read-file-ranges.js';

/** Where a record says that its picture is. */
export interface ImageReference {
  /** Folder that the name is relative to and must not leave. */
  readonly folder: string;
  readonly name: string;
  /** The record, for messages. */
  readonly source: string;
}

/**
 * The same bytes, if they begin like a picture file.
 *
 * @throws `NOT_AN_IMAGE`.
 */
export function checkedImage(bytes: Uint8Array, source: string): Uint8Array {
  if (imageType(bytes)) return bytes;
  const start = bytes.length === 0 ? 'nothing' : `bytes ${Buffer.from(bytes.subarray(0, 8)).toString('hex')}`;
  throw brokenSample(
    'NOT_AN_IMAGE',
    `${source}: expected a JPEG, PNG, WebP or other picture, got ${start}. Replace the file.`,
  );
}

function pathOf({ folder, name, source }: ImageReference): string {
  const path = insideFolder(folder, name);
  if (path !== undefined) return path;
  const shown = JSON.stringify(name.slice(0, 200));
  throw brokenSample(
    'UNSAFE_NAME',
    `${source}: picture ${shown} points out of its folder. Use a name below ${folder}.`,
  );
}

/**
 * The bytes of the picture file that a record names.
 *
 * @throws `UNSAFE_NAME`, `MISSING_IMAGE`, `UNREADABLE_FILE`, `TOO_LARGE`, `NOT_AN_IMAGE`.
 */
export async function readImage(reference: ImageReference, limits: DatasetLimits): Promise<Uint8Array> {
  const path = pathOf(reference);
  try {
    return checkedImage(await readWholeFile(path, limits.imageBytes), path);
  } catch (error) {
    if (!isMiniGPT4Error(error)) throw error;
    throw brokenSample(error.code as SkipReason, `${reference.source}: ${error.message}`, { cause: error });
  }
}
