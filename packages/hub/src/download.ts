import { copyFile, link, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isMiniGPT4Error, MiniGPT4Error } from '@minigpt4/core';
import writeFileAtomic from 'write-file-atomic';
import { repositoryFolders, requireInside, type RepositoryFolders } from './cache-layout.js';
import { fetchContent } from './fetch-content.js';
import { findCommit, findFile, findFiles, isCommit, notFound, type HubFile } from './hub-files.js';
import { hubSettings, type HubOptions, type HubSettings } from './hub-options.js';
import { withLock } from './with-lock.js';

/** Options of {@link downloadSnapshot}. */
export interface SnapshotOptions extends HubOptions {
  /** Which files are wanted, by path. Defaults to all. */
  readonly wanted?: (path: string) => boolean;
}

/**
 * The path of a repository's file in the cache, downloaded where it is not there yet.
 *
 * Pass the path on as it is: it is a link, and files that belong together lie beside it under their own names.
 * A cut download goes on where it ended, also in the next process; the content counts once its digest is right.
 *
 * @throws `HUB_NAME`, `HUB_OPTION`, `HUB_NOT_FOUND`, `HUB_FORBIDDEN` for one that needs a token, `HUB_OFFLINE`,
 * `HUB_UNREACHABLE`, `HUB_CHECKSUM`, `HUB_DISK`
 *
 * @example
 * const path = await downloadFile('HuggingFaceTB/SmolLM2-135M-Instruct', 'config.json');
 */
export async function downloadFile(repository: string, path: string, options: HubOptions = {}): Promise<string> {
  const settings = await hubSettings(options);
  const folders = repositoryFolders(settings.cacheDirectory, repository);
  requireInside('file', path);
  const known = await knownCommit(folders, settings);
  if (known !== undefined && (isCommit(settings.revision) || settings.offline)) {
    const there = join(folders.snapshots, known, path);
    if (await exists(there)) return there;
    if (await exists(join(folders.missing, known, path))) throw notFound(`${repository}/${path}`);
  }
  const commit = await currentCommit(repository, folders, { settings, known });
  const target = join(folders.snapshots, commit, path);
  if (await exists(target)) return target;
  requireOnline(`${repository}/${path}`, settings);
  const at = { ...settings, revision: commit };
  const file = await findFile(repository, path, at).catch(async (error: unknown) => {
    if (isMiniGPT4Error(error, 'HUB_NOT_FOUND')) await rememberMissing(join(folders.missing, commit, path));
    throw error;
  });
  return placeFile({ repository, commit, file }, folders, settings);
}

/**
 * The folder of a whole repository at one commit in the cache, with the wanted files downloaded, one after another.
 * Offline it holds what is there.
 *
 * @throws the errors of {@link downloadFile}
 */
export async function downloadSnapshot(repository: string, options: SnapshotOptions = {}): Promise<string> {
  const { wanted = () => true } = options;
  const settings = await hubSettings(options);
  const folders = repositoryFolders(settings.cacheDirectory, repository);
  const commit = await currentCommit(repository, folders, {
    settings,
    known: await knownCommit(folders, settings),
  });
  const folder = join(folders.snapshots, commit);
  if (settings.offline) {
    if (await exists(folder)) return folder;
    requireOnline(repository, settings);
  }
  const files = await findFiles(repository, { ...settings, revision: commit });
  for (const file of files.filter(({ path }) => wanted(path))) {
    requireInside('file', file.path);
    await placeFile({ repository, commit, file }, folders, settings);
  }
  await mkdir(folder, { recursive: true });
  return folder;
}

/** The commit that a revision was when it was last asked for. */
async function knownCommit({ refs }: RepositoryFolders, { revision }: HubSettings): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  const text = await readFile(join(refs, requireInside('revision', revision)), 'utf8').catch(() => '');
  return isCommit(text.trim()) ? text.trim() : undefined;
}

async function currentCommit(
  repository: string,
  { refs }: RepositoryFolders,
  { settings, known }: { settings: HubSettings; known: string | undefined },
): Promise<string> {
  const { revision } = settings;
  if (known !== undefined && (isCommit(revision) || settings.offline)) return known;
  requireOnline(`${repository} at ${JSON.stringify(revision)}`, settings);
  const commit = await findCommit(repository, settings);
  if (commit !== known) await replaceFile(join(refs, revision), commit);
  return commit;
}

interface Placed {
  readonly repository: string;
  readonly commit: string;
  readonly file: HubFile;
}

/** Puts a file into the snapshot of its commit: fetches the content where no commit brought it before, and links it. */
async function placeFile(
  { repository, commit, file }: Placed,
  { blobs, snapshots, locks }: RepositoryFolders,
  settings: HubSettings,
): Promise<string> {
  const [blob, target] = [join(blobs, file.digest), join(snapshots, commit, file.path)];
  const place = async () => {
    if (await exists(target)) return;
    await mkdir(blobs, { recursive: true });
    if (!(await exists(blob))) await fetchContent({ repository, commit, file, blob }, settings);
    await linkContent(blob, target);
  };
  if (!(await exists(target))) await withLock(join(locks, `${file.digest}.lock`), place, settings.signal);
  return target;
}

/** A relative link, or a real file on systems that allow ordinary users none. */
async function linkContent(blob: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const unlessThere = (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  };
  await symlink(relative(dirname(target), blob), target)
    .catch(unlessThere)
    .catch(() => link(blob, target))
    .catch(unlessThere)
    .catch(() => copyFile(blob, target));
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, text);
}

async function rememberMissing(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function requireOnline(what: string, { offline, cacheDirectory }: HubSettings): void {
  if (!offline) return;
  throw new MiniGPT4Error(
    'HUB_OFFLINE',
    `hub: ${what} is not downloaded, expected it in ${cacheDirectory}, got nothing while offline. Download it once with a network, without HF_HUB_OFFLINE.`,
  );
}
