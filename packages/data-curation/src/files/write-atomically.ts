import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';

/** Appends bytes or UTF-8 text to the file being written. */
export type Append = (chunk: Uint8Array | string) => Promise<void>;

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    // some file systems cannot sync a folder; the rename is then as durable as they make it
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
}

/** Writes a file under a temporary name beside its place, syncs and renames it: at its place it is either absent, old or complete. */
export async function writeFileAtomically<T>(path: string, write: (append: Append) => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial-${process.pid}`;
  const file = await open(partial, 'w');
  try {
    const result = await write(async chunk => file.writeFile(chunk));
    await file.sync();
    await file.close();
    await rename(partial, path);
    await syncFolder(dirname(path));
    return result;
  } catch (error) {
    await file.close();
    await rm(partial, { force: true });
    throw error;
  }
}

/** What {@link buildFolder} needs to know. */
export interface FolderTarget {
  readonly folder: string;
  /** Names that a folder of this kind holds at its top; a folder with anything else in it is never replaced. */
  readonly contents: readonly string[];
  /** Whether a folder that is there already may be replaced. Defaults to false. */
  readonly overwrite?: boolean;
}

async function refuseForeignFolder({ folder, contents, overwrite = false }: FolderTarget): Promise<boolean> {
  const present = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new MiniGPT4Error(
      'OUTPUT_EXISTS',
      `${folder}: cannot become a folder (${error.code}). Choose another path.`,
      {
        cause: error,
      },
    );
  });
  if (present === undefined) return false;
  const foreign = present.filter(name => !contents.includes(name));
  const found = foreign.length > 0 ? foreign : overwrite ? [] : present;
  if (found.length === 0) return true;
  const shown = found.slice(0, 3).join(', ');
  const fix = foreign.length > 0 ? 'Choose another folder.' : 'Choose another folder or set overwrite.';
  throw new MiniGPT4Error(
    'OUTPUT_EXISTS',
    `${folder}: not empty, expected a new folder, got one with ${shown}. ${fix}`,
  );
}

/**
 * Fills a new folder beside its place and moves it there when it is complete; a failure leaves what was there before.
 *
 * @throws `OUTPUT_EXISTS` where the folder holds something, and it is not this kind of folder or must not be replaced.
 */
export async function buildFolder<T>(target: FolderTarget, build: (folder: string) => Promise<T>): Promise<T> {
  const folder = resolve(target.folder);
  const exists = await refuseForeignFolder({ ...target, folder });
  const partial = `${folder}.partial-${process.pid}`;
  const replaced = `${folder}.replaced-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  try {
    await mkdir(partial, { recursive: true });
    const result = await build(partial);
    if (exists) await rename(folder, replaced);
    await rename(partial, folder);
    await syncFolder(dirname(folder));
    await rm(replaced, { recursive: true, force: true });
    return result;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}
