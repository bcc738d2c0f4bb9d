import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { digestFiles, type EmojiManifest, manifestName } from './emoji-manifest.js';

/** Where a set goes. */
export interface TargetOptions {
  readonly folder: string;
  /** Of the set that is wanted. */
  readonly identity: string;
  /** Whether another set, or a damaged one, may be replaced. */
  readonly overwrite: boolean;
}

/** A set in the making, beside its place. */
export interface Workplace {
  /** The shards of the styles, which a later build takes up again. */
  readonly rendered: string;
  /** What becomes the set; empty. */
  readonly set: string;
}

/**
 * The manifest of the wanted set where it is there already, whole.
 *
 * @throws `OUTPUT_EXISTS` where the folder holds something else that may not be replaced, or never is.
 */
export async function findFinishedSet({
  folder,
  identity,
  overwrite,
}: TargetOptions): Promise<EmojiManifest | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw outputExists(folder, `something that is no folder (${error.code})`, 'Choose another --output.', error);
  });
  if (names.length === 0) return undefined;
  const manifest = await readManifest(folder);
  if (!manifest) {
    const shown = names.slice(0, 3).join(', ');
    throw outputExists(folder, `one with ${shown} and no such set`, 'Choose another --output.');
  }
  const isWanted = manifest.identity === identity;
  if (isWanted && (await isIntact(folder, manifest))) return manifest;
  if (overwrite) return undefined;
  const got = isWanted ? 'the wanted set with damaged files' : 'a set built from other sources or at another size';
  throw outputExists(folder, got, 'Add --overwrite to replace it, or choose another --output.');
}

/** Makes room beside the set's place, keeping what an interrupted build of the same set left there. */
export async function openWorkplace({ folder, identity }: TargetOptions): Promise<Workplace> {
  const partial = partialFolder(folder);
  const identityFile = join(partial, 'identity');
  const left = await readFile(identityFile, 'utf8').catch(() => undefined);
  if (left !== identity) await rm(partial, { recursive: true, force: true });
  const workplace = { rendered: join(partial, 'rendered'), set: join(partial, 'set') };
  await rm(workplace.set, { recursive: true, force: true });
  for (const made of Object.values(workplace)) await mkdir(made, { recursive: true });
  await writeFile(identityFile, identity, { flush: true });
  return workplace;
}

/** Moves the finished set to its place, in one step where nothing was there. */
export async function placeSet({ set }: Workplace, folder: string): Promise<void> {
  const replaced = `${folder}.replaced`;
  await rm(replaced, { recursive: true, force: true });
  await rename(folder, replaced).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(set, folder);
  await rm(replaced, { recursive: true, force: true });
  await rm(partialFolder(folder), { recursive: true, force: true });
}

function partialFolder(folder: string): string {
  return `${folder}.partial`;
}

async function readManifest(folder: string): Promise<EmojiManifest | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as EmojiManifest;
    return manifest.kind === 'minigpt4-emoji-set' ? manifest : undefined;
  } catch {
    return undefined;
  }
}

async function isIntact(folder: string, { files }: EmojiManifest): Promise<boolean> {
  try {
    return JSON.stringify(await digestFiles(folder)) === JSON.stringify(files);
  } catch {
    return false;
  }
}

function outputExists(folder: string, got: string, fix: string, cause?: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'OUTPUT_EXISTS',
    `${folder}: not free, expected no folder or an empty one, got ${got}. ${fix}`,
    cause === undefined ? {} : { cause },
  );
}
