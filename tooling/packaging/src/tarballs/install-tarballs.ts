import { mkdir } from 'node:fs/promises';
import type { Tarball } from '@minigpt4/repo-checks';
import { npmInstall } from '../npm-install.js';

/** Types of the oldest Node that the packages support. */
const nodeTypes = { '@types/node': '^20.19.0' };

/** Where packages come from. */
export interface PackageSources {
  readonly tarballs: readonly Tarball[];
  /** Whether everything else must come from npm's cache, because the registry does not answer. */
  readonly offline: boolean;
}

/**
 * Installs packages in a new folder as their readers do. Ours come from the tarballs, also where others need them;
 * the rest comes from the registry.
 */
export async function installTarballs(
  folder: string,
  names: readonly string[],
  { tarballs, offline }: PackageSources,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = new Map(tarballs.map(({ owner, path }) => [owner.name, `file:${path}`]));
  const wanted = names.map(name => [name, files.get(name) ?? '*'] as const);
  const below = [...files].filter(([name]) => !names.includes(name));
  await npmInstall(folder, {
    dependencies: { ...Object.fromEntries(wanted), ...nodeTypes },
    overrides: Object.fromEntries(below),
    args: offline ? ['--offline'] : [],
  });
}
