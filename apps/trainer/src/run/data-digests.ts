import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expandShardNames } from '@minigpt4/data-curation';
import { fileDigest } from '../model/file-digest.js';

/** What one path of the data was when a run began. */
export interface DataDigest {
  readonly path: string;
  /** Bytes in all; null for an address. */
  readonly bytes: number | null;
  /** Of the content; of size and both ends for a file beyond 256 MiB; of names and sizes for a folder. Null for an address. */
  readonly sha256: string | null;
}

const wholeUpTo = 256 * 2 ** 20;
const endBytes = 2 ** 20;

/** The digest of every file, folder and address that `paths` stand for, in order. */
export async function dataDigests(paths: readonly string[]): Promise<DataDigest[]> {
  const digests: DataDigest[] = [];
  for (const path of paths) {
    const names = (await exists(path)) ? [path] : expandShardNames(path);
    for (const name of names) digests.push(await digestOfPath(name));
  }
  return digests;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function digestOfPath(path: string): Promise<DataDigest> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats) return { path, bytes: null, sha256: null };
  if (stats.isDirectory()) return { path, ...(await digestOfFolder(path)) };
  const sha256 = stats.size <= wholeUpTo ? await fileDigest(path) : await digestOfEnds(path, stats.size);
  return { path, bytes: stats.size, sha256 };
}

async function digestOfEnds(path: string, size: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const ends = Buffer.alloc(2 * endBytes);
    await file.read(ends, 0, endBytes, 0);
    await file.read(ends, endBytes, endBytes, size - endBytes);
    return createHash('sha256').update(`${size}:`).update(ends).digest('hex');
  } finally {
    await file.close();
  }
}

async function digestOfFolder(folder: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const name of (await readdir(folder, { recursive: true })).toSorted()) {
    const stats = await stat(join(folder, name));
    if (!stats.isFile()) continue;
    bytes += stats.size;
    hash.update(`${name} ${stats.size}\n`);
  }
  return { bytes, sha256: hash.digest('hex') };
}
