import { mkdir, readdir, readFile, rename, statfs, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { sameShape } from '@minigpt4/core';
import { mergeError } from './merge-error.js';
import { halfBytes, type Shard } from './shard-plan.js';

/** Is there while a merge is unfinished, and says of what. */
const stateFile = 'merge-unfinished.json';
const indexFile = 'model.safetensors.index.json';

/** Room left on the disk beside the weights, for everything that is small. */
const spareBytes = 64 * 2 ** 20;

/**
 * Makes the directory of a merge ready: a new or empty one, or that of the same merge which was interrupted.
 *
 * @returns the shards that are already whole
 * @throws `MERGE_OUTPUT` for a directory that holds anything else
 */
export async function openOutput(path: string, fingerprint: string, shards: readonly Shard[]): Promise<Set<string>> {
  const directory = resolve(path);
  await mkdir(directory, { recursive: true }).catch((cause: Error) => {
    throw mergeError(
      'MERGE_OUTPUT',
      directory,
      `cannot be made, expected a directory, got ${cause.message}. Choose another.`,
    );
  });
  const present = await readdir(directory);
  if (present.length === 0) {
    await writeWhole(join(directory, stateFile), JSON.stringify({ fingerprint }));
    return new Set();
  }
  const state = await readFile(join(directory, stateFile), 'utf8').catch(() => undefined);
  if (state === undefined) {
    const got = present.includes(indexFile) ? 'a whole model' : `${present.length} files`;
    throw mergeError(
      'MERGE_OUTPUT',
      directory,
      `not empty, expected a new directory, got ${got}. Choose another, or remove it.`,
    );
  }
  if (state !== JSON.stringify({ fingerprint })) {
    throw mergeError(
      'MERGE_OUTPUT',
      directory,
      'an unfinished merge of other files, expected one of these, got another. Choose another directory, or remove it.',
    );
  }
  for (const name of present.filter(file => file.endsWith('.tmp'))) await unlink(join(directory, name));
  const whole = new Set<string>();
  for (const shard of shards)
    if (present.includes(shard.file) && (await isWhole(directory, shard))) whole.add(shard.file);
  return whole;
}

async function isWhole(directory: string, { file, tensors }: Shard): Promise<boolean> {
  try {
    await using checkpoint = await openCheckpoint(join(directory, file));
    return tensors.every(({ name, shape }) => {
      const info = checkpoint.info(name);
      return info?.dtype === 'float16' && sameShape(info.shape, shape);
    });
  } catch {
    return false;
  }
}

/** @throws `MERGE_DISK` when the disk has no room for the shards that are still to be written */
export async function requireRoom(directory: string, shards: readonly Shard[]): Promise<void> {
  const needed = shards.flatMap(({ tensors }) => tensors).reduce((sum, tensor) => sum + halfBytes(tensor), spareBytes);
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize >= needed) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw mergeError(
    'MERGE_DISK',
    directory,
    `not enough room, expected ${gigabytes(needed)}, got ${gigabytes(bavail * bsize)}. Free some, or choose another disk.`,
  );
}

/** Writes what makes the shards a model, the index last, and takes the mark of an unfinished merge away. */
export async function finishOutput(
  directory: string,
  shards: readonly Shard[],
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  const tensors = shards.flatMap(shard => shard.tensors);
  const weightMap = Object.fromEntries(shards.flatMap(shard => shard.tensors.map(({ name }) => [name, shard.file])));
  const totalSize = tensors.reduce((sum, tensor) => sum + halfBytes(tensor), 0);
  await writeWhole(join(directory, 'config.json'), `${JSON.stringify(config, undefined, 2)}\n`);
  const index = { metadata: { total_size: totalSize }, weight_map: weightMap };
  await writeWhole(join(directory, indexFile), `${JSON.stringify(index, undefined, 2)}\n`);
  await unlink(join(directory, stateFile));
}

/** A small file, old or new but never half. */
async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}
