import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MiniGPT4Error } from '@minigpt4/core';
import { extract } from 'tar-stream';

/** Whether a file, named by its path inside the package, is wanted. */
export type Wanted = (path: string) => boolean;

/** Largest file that is taken out of a tarball: the largest needed has 25 MB. */
const maxFileBytes = 256 * 2 ** 20;

/**
 * The files of a package's tarball that are wanted, by their path inside the package.
 *
 * @throws `PACKAGE_UNREADABLE`
 */
export async function readTarball(path: string, wanted: Wanted): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const gunzip = createGunzip();
  // npm puts everything below one folder, mostly called package
  const keep = (name: string, bytes: Buffer) => void files.set(withoutFirstFolder(name), bytes);
  const reading = readTar(gunzip, name => wanted(withoutFirstFolder(name)), keep);
  try {
    await Promise.all([pipeline(createReadStream(path), gunzip), reading]);
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new MiniGPT4Error(
      'PACKAGE_UNREADABLE',
      `${path}: not readable, expected a gzipped tar, got ${got}. Delete it and run again.`,
      { cause },
    );
  }
  return files;
}

/** Hands over the wanted files of a tar, one after the other. */
export async function readTar(
  tar: Readable,
  wanted: Wanted,
  keep: (path: string, bytes: Buffer) => void,
): Promise<void> {
  const entries = extract();
  tar.on('error', error => entries.destroy(error));
  tar.pipe(entries);
  for await (const entry of entries) {
    const { name, type, size } = entry.header;
    if (type !== 'file' || size > maxFileBytes || !wanted(name)) {
      entry.resume();
      continue;
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry as AsyncIterable<Uint8Array>) chunks.push(chunk);
    keep(name, Buffer.concat(chunks));
  }
}

function withoutFirstFolder(path: string): string {
  return path.slice(path.indexOf('/') + 1);
}
