import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { stopIfInterrupted } from '../interruption.js';
import { npmPack, type Pack } from './npm-pack.js';
import { packageSpec, type PinnedPackage, tarballName } from './pinned-packages.js';

/** Where packages are kept and how they are fetched. */
export interface FetchOptions {
  /** Folder of the tarballs; made where it is missing. */
  readonly folder: string;
  /** Defaults to asking npm. */
  readonly pack?: Pack;
  readonly signal?: AbortSignal;
}

/** A tarball that is what it should be. */
export interface FetchedPackage {
  readonly path: string;
  readonly bytes: number;
  /** False where it was kept from an earlier build. */
  readonly downloaded: boolean;
}

/**
 * The tarball of a package: the one kept from an earlier build where its digest is right, otherwise a new one, which
 * appears in the folder only when its digest is right.
 *
 * @throws `PACKAGE_UNAVAILABLE` where npm cannot bring it (no network, say), `PACKAGE_ALTERED` where it brings other
 *   bytes than the pinned ones.
 */
export async function fetchPackage(wanted: PinnedPackage, options: FetchOptions): Promise<FetchedPackage> {
  const { folder } = options;
  const path = join(folder, tarballName(wanted));
  const kept = await readFile(path).catch(() => undefined);
  if (kept && integrityOf(kept) === wanted.integrity) return { path, bytes: kept.length, downloaded: false };
  await mkdir(folder, { recursive: true });
  const temporary = await mkdtemp(join(folder, 'incoming-'));
  try {
    const file = await pack(wanted, temporary, options);
    const bytes = await readFile(file);
    checkIntegrity(wanted, bytes);
    await rename(file, path);
    return { path, bytes: bytes.length, downloaded: true };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Has the tarball put into an empty folder and tells where it lies. */
async function pack(wanted: PinnedPackage, temporary: string, options: FetchOptions): Promise<string> {
  const { folder, pack: packOne = npmPack, signal } = options;
  const spec = packageSpec(wanted);
  try {
    await packOne(spec, temporary, signal);
  } catch (cause) {
    stopIfInterrupted(signal);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MiniGPT4Error(
      'PACKAGE_UNAVAILABLE',
      `${spec}: npm could not bring it, expected a tarball, got ${reason}. Connect to the network and run it again (what came so far is kept), or put ${tarballName(wanted)} into ${folder}.`,
      { cause },
    );
  }
  const name = (await readdir(temporary)).find(file => file.endsWith('.tgz'));
  if (name !== undefined) return join(temporary, name);
  throw new MiniGPT4Error(
    'PACKAGE_UNAVAILABLE',
    `${spec}: npm brought nothing, expected a .tgz in ${temporary}, got an empty folder. Try npm pack ${spec} by hand.`,
  );
}

function checkIntegrity(wanted: PinnedPackage, bytes: Uint8Array): void {
  const got = integrityOf(bytes);
  if (got === wanted.integrity) return;
  throw new MiniGPT4Error(
    'PACKAGE_ALTERED',
    `${packageSpec(wanted)}: the tarball is not the pinned one, expected ${wanted.integrity}, got ${got}. Check which registry npm uses here; nothing of it was kept.`,
  );
}

function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}
