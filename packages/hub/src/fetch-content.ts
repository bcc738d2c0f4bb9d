import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MiniGPT4Error } from '@minigpt4/core';
import { contentDigest } from './content-digest.js';
import { reasons, refusal, type HubFile } from './hub-files.js';
import type { HubSettings } from './hub-options.js';

/** What is to be fetched: a file of a commit, and where to. */
export interface FetchTarget {
  readonly repository: string;
  readonly commit: string;
  readonly file: HubFile;
  /** Path of the finished content; what is unfinished lies beside it. */
  readonly blob: string;
}

/**
 * Fetches a file's content to `blob`: goes on where an earlier attempt ended, tries again after a cut connection, at the
 * mirrors in turn, and puts the content in place when its digest is right.
 *
 * @throws `HUB_UNREACHABLE`, `HUB_CHECKSUM`, `HUB_DISK`, `HUB_NOT_FOUND`, `HUB_FORBIDDEN`, or the signal's reason
 */
export async function fetchContent(target: FetchTarget, settings: HubSettings): Promise<void> {
  const { file, blob, repository } = target;
  const partial = `${blob}.incomplete`;
  await fetchMissing(target, partial, settings);
  const got = await contentDigest(partial, file, settings.signal);
  if (got !== file.digest) {
    await rm(partial, { force: true });
    throw new MiniGPT4Error(
      'HUB_CHECKSUM',
      `hub: ${repository}/${file.path} arrived damaged, expected digest ${file.digest}, got ${got}. Download it again; it was deleted.`,
    );
  }
  await rename(partial, blob);
}

async function fetchMissing(target: FetchTarget, partial: string, settings: HubSettings): Promise<void> {
  const { size, path } = target.file;
  const causes: unknown[] = [];
  for (let attempt = 0, failures = 0; ; attempt++) {
    const before = await sizeOf(partial);
    if (before > size) await rm(partial);
    else if (before === size && (size > 0 || attempt > 0)) return;
    try {
      await fetchRest(target, partial, { settings, attempt });
      continue;
    } catch (error) {
      settings.signal?.throwIfAborted();
      if (error instanceof MiniGPT4Error) throw error;
      causes.push(error);
    }
    // a connection that brought something starts the count anew: a bad line still gets there
    failures = (await sizeOf(partial)) > before ? 1 : failures + 1;
    if (failures > settings.retries) {
      throw new MiniGPT4Error(
        'HUB_UNREACHABLE',
        `hub: the download of ${target.repository}/${path} was cut, expected ${size} bytes, got ${await sizeOf(partial)} (${reasons(causes.slice(-settings.retries))}). Run it again: it goes on from there.`,
        { cause: causes.at(-1) },
      );
    }
    await sleep(settings.retryDelayMs * 2 ** (failures - 1), undefined, { signal: settings.signal });
  }
}

/** One request for what is not there yet, appended as it arrives. */
async function fetchRest(
  { repository, commit, file }: FetchTarget,
  partial: string,
  { settings, attempt }: { settings: HubSettings; attempt: number },
): Promise<void> {
  const { endpoints, token, signal, stallMs, onProgress } = settings;
  const endpoint = attempt % endpoints.length;
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  const have = await sizeOf(partial);
  const stall = stallSignal(stallMs);
  try {
    const response = await fetch(`${endpoints[endpoint]}/${repository}/resolve/${commit}/${path}`, {
      headers: {
        // a compressed answer has no ranges
        'accept-encoding': 'identity',
        ...(have > 0 && { range: `bytes=${have}-` }),
        // fetch drops it where the hub redirects to another host
        ...(endpoint === 0 && token !== undefined && { authorization: `Bearer ${token}` }),
      },
      signal: signal === undefined ? stall.signal : AbortSignal.any([signal, stall.signal]),
    });
    if (!response.ok || response.body === null) throw failure(`${repository}/${file.path}`, response);
    const handle = await open(partial, resumesAt(response, have) ? 'a' : 'w').catch(diskError);
    try {
      let received = resumesAt(response, have) ? have : 0;
      for await (const chunk of response.body) {
        stall.moved();
        received += chunk.length;
        if (received > file.size) throw tooLong(`${repository}/${file.path}`, file.size);
        await append(handle, chunk);
        onProgress({ path: file.path, received, total: file.size });
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  } finally {
    stall.end();
  }
}

/** Whether the answer is what follows the bytes that are here; a server without ranges sends everything. */
function resumesAt({ status, headers }: Response, have: number): boolean {
  return status === 206 && headers.get('content-range')?.startsWith(`bytes ${have}-`) === true;
}

/** An answer that may be better next time is an ordinary error, which is tried again. */
function failure(what: string, { status }: Response): Error {
  const passing = status >= 500 || status === 429 || status === 408;
  return passing ? new Error(`status ${status}`) : refusal(what, status);
}

async function append(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  await handle.writeFile(chunk).catch(diskError);
}

function diskError(cause: unknown): never {
  throw new MiniGPT4Error(
    'HUB_DISK',
    `hub: the cache cannot be written, expected room and permission, got ${(cause as Error).message}. Free some space or set HF_HUB_CACHE to another disk; the download goes on from there.`,
    { cause },
  );
}

function tooLong(what: string, size: number): MiniGPT4Error {
  return new MiniGPT4Error(
    'HUB_CHECKSUM',
    `hub: ${what} is longer than it should be, expected ${size} bytes, got more. Check the endpoint.`,
  );
}

interface Stall {
  readonly signal: AbortSignal;
  moved(): void;
  end(): void;
}

/** A signal that is given when nothing has moved for a while. */
function stallSignal(milliseconds: number): Stall {
  const controller = new AbortController();
  const give = () => controller.abort(new Error(`nothing for ${milliseconds} ms`));
  const timer = setTimeout(give, milliseconds);
  return { signal: controller.signal, moved: () => void timer.refresh(), end: () => clearTimeout(timer) };
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
