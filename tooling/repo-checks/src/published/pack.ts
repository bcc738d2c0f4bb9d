import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Repository, WorkspacePackage } from '../repository.js';

/** A package as it goes to the registry. */
export interface Tarball {
  readonly owner: WorkspacePackage;
  /** Absolute. */
  readonly path: string;
  /** Bytes of its files after unpacking, as npm counts them. */
  readonly unpackedBytes: number;
}

/** The packages that are published, in the order of their folders. */
export function publishable({ packages }: Repository): WorkspacePackage[] {
  return packages.filter(({ manifest }) => !manifest.private);
}

/**
 * Packs every published package into a folder, exactly as a release does: by pnpm, with the ranges of siblings and of
 * the catalog written out. The packages must be built.
 */
export async function packAll(repository: Repository, destination: string): Promise<Tarball[]> {
  const { root } = repository;
  const owners = publishable(repository);
  const manifest = readFileSync(join(root, 'package.json'), 'utf8');
  const { packageManager } = JSON.parse(manifest) as { packageManager: string };
  const filters = owners.flatMap(({ folder }) => ['--filter', `./${folder}`]);
  const pack = ['--recursive', ...filters, 'pack', '--pack-destination', destination];
  await promisify(execFile)('npx', ['--yes', '--prefer-offline', packageManager, ...pack], {
    cwd: root,
    maxBuffer: 1 << 26,
    shell: process.platform === 'win32',
  });
  return Promise.all(
    owners.map(async owner => {
      const path = join(destination, tarballName(owner));
      return { owner, path, unpackedBytes: await unpackedBytes(path) };
    }),
  );
}

/** {@link packAll} into a folder that is removed afterwards. */
export async function withTarballs<T>(
  repository: Repository,
  use: (tarballs: readonly Tarball[]) => T | Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tarballs-'));
  try {
    return await use(await packAll(repository, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tarballName({ manifest }: WorkspacePackage): string {
  return `${manifest.name.replace(/^@/, '').replace('/', '-')}-${manifest.version}.tgz`;
}

async function unpackedBytes(path: string): Promise<number> {
  const entries = extract();
  entries.end(gunzipSync(await readFile(path)));
  let bytes = 0;
  for await (const entry of entries) {
    bytes += entry.header.size ?? 0;
    entry.resume();
  }
  return bytes;
}
