import { homedir } from 'node:os';
import { join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';

/** Where the pieces of one repository lie in the cache. */
export interface RepositoryFolders {
  /** Contents, each named by its digest. */
  readonly blobs: string;
  /** One file for each branch or tag, which holds a commit. */
  readonly refs: string;
  /** One folder for each commit, with links to contents. */
  readonly snapshots: string;
  /** One folder for each commit, with empty files for what it is known not to hold. */
  readonly missing: string;
  readonly locks: string;
}

/**
 * The folder of downloaded repositories, as every tool of Hugging Face finds it: `HF_HUB_CACHE`,
 * `HUGGINGFACE_HUB_CACHE`, `hub` in `HF_HOME`, `huggingface/hub` in `XDG_CACHE_HOME` or in `~/.cache`.
 */
export function hubCacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { HF_HUB_CACHE: own, HUGGINGFACE_HUB_CACHE: older } = environment;
  return own || older || join(hubHome(environment), 'hub');
}

/** The folder of Hugging Face's settings, where its token lies. */
export function hubHome({ HF_HOME: home, XDG_CACHE_HOME: cache }: NodeJS.ProcessEnv): string {
  return home || join(cache || join(homedir(), '.cache'), 'huggingface');
}

/** The places of `repository`, such as `HuggingFaceTB/SmolLM2-135M-Instruct`. @throws `HUB_NAME` */
export function repositoryFolders(cacheDirectory: string, repository: string): RepositoryFolders {
  if (!/^[\w.-]+(\/[\w.-]+)?$/.test(repository) || repository.split('/').some(isDots)) {
    throw badName('repository', 'a name such as "HuggingFaceTB/SmolLM2-135M-Instruct"', repository);
  }
  const folder = `models--${repository.replace('/', '--')}`;
  const base = join(cacheDirectory, folder);
  return {
    blobs: join(base, 'blobs'),
    refs: join(base, 'refs'),
    snapshots: join(base, 'snapshots'),
    missing: join(base, '.no_exist'),
    locks: join(cacheDirectory, '.locks', folder),
  };
}

/** Requires a path that stays in its folder on every system. @throws `HUB_NAME` */
export function requireInside(what: string, path: string): string {
  const parts = path.split('/');
  if (!/[\\:\u0000-\u001f]/.test(path) && !parts.some(part => part === '' || isDots(part))) return path;
  throw badName(what, 'a relative path below the repository, with "/" between its parts', path);
}

function isDots(part: string): boolean {
  return part === '.' || part === '..';
}

function badName(what: string, expected: string, got: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'HUB_NAME',
    `hub: bad name of a ${what}, expected ${expected}, got ${JSON.stringify(got.slice(0, 200))}. Correct the name.`,
  );
}
