import { HubApiError, listFiles, modelInfo, pathsInfo } from '@huggingface/hub';
import { MiniGPT4Error } from '@minigpt4/core';
import type { HubSettings } from './hub-options.js';

/** A file of a repository. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of the content, or Git's SHA-1 of it for a small file; hexadecimal. */
  readonly digest: string;
}

/** More files than any model has; a listing beyond it is not read on. */
const mostFiles = 10_000;

/** The commit that a revision is now. @throws `HUB_NOT_FOUND`, `HUB_FORBIDDEN`, `HUB_UNREACHABLE` */
export async function findCommit(repository: string, settings: HubSettings): Promise<string> {
  const { revision } = settings;
  const what = `${repository} at ${JSON.stringify(revision)}`;
  return ask(settings, what, async where => {
    const { sha } = await modelInfo({ name: repository, revision, additionalFields: ['sha'], ...where });
    if (isCommit(sha)) return sha;
    throw unexpected(what, 'a commit of 40 hexadecimal digits', String(sha));
  });
}

/** One file of a commit. @throws `HUB_NOT_FOUND`, `HUB_FORBIDDEN`, `HUB_UNREACHABLE` */
export async function findFile(repository: string, path: string, at: HubSettings): Promise<HubFile> {
  const what = `${repository}/${path}`;
  return ask(at, what, async where => {
    const [info] = await pathsInfo({ repo: repository, paths: [path], revision: at.revision, ...where });
    if (info !== undefined && info.path === path && info.type === 'file') return hubFile(what, info);
    throw notFound(what);
  });
}

/** All files of a commit. @throws `HUB_NOT_FOUND`, `HUB_FORBIDDEN`, `HUB_UNREACHABLE` */
export async function findFiles(repository: string, at: HubSettings): Promise<HubFile[]> {
  return ask(at, repository, async where => {
    const files: HubFile[] = [];
    for await (const entry of listFiles({ repo: repository, recursive: true, revision: at.revision, ...where })) {
      if (entry.type === 'file') files.push(hubFile(`${repository}/${entry.path}`, entry));
      if (files.length > mostFiles) throw unexpected(repository, `at most ${mostFiles} files`, 'more');
    }
    return files;
  });
}

/** Whether a revision is a commit already, which never changes. */
export function isCommit(revision: unknown): revision is string {
  return typeof revision === 'string' && /^[0-9a-f]{40}$/.test(revision);
}

interface Where {
  readonly hubUrl: string;
  readonly accessToken?: string;
  readonly fetch: typeof fetch;
}

/** Asks one endpoint after another until one answers at all. */
async function ask<T>(settings: HubSettings, what: string, question: (where: Where) => Promise<T>): Promise<T> {
  const causes: unknown[] = [];
  for (const [i, hubUrl] of settings.endpoints.entries()) {
    const token = i === 0 && settings.token !== undefined ? { accessToken: settings.token } : {};
    try {
      return await question({ hubUrl, ...token, fetch: fetchUntil(settings) });
    } catch (error) {
      settings.signal?.throwIfAborted();
      if (error instanceof MiniGPT4Error) throw error;
      if (error instanceof HubApiError && error.statusCode < 500 && error.statusCode !== 429) {
        throw refusal(what, error.statusCode, error);
      }
      causes.push(error);
    }
  }
  throw new MiniGPT4Error(
    'HUB_UNREACHABLE',
    `hub: no answer about ${what}, expected one from ${settings.endpoints.join(' or ')}, got ${reasons(causes)}. Check the network, name a mirror with HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use what is downloaded.`,
    { cause: causes.at(-1) },
  );
}

function fetchUntil({ signal, stallMs }: HubSettings): typeof fetch {
  return (input, init) => {
    const timeout = AbortSignal.timeout(stallMs);
    return fetch(input, { ...init, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) });
  };
}

/** An answer that says no, as an error. */
export function refusal(what: string, status: number, cause?: unknown): MiniGPT4Error {
  if (status === 404) return notFound(what, cause);
  const [code, fix] =
    status === 401 || status === 403
      ? ['HUB_FORBIDDEN', 'Accept the terms on its page and set HF_TOKEN to a token that may read it']
      : ['HUB_ANSWER', 'Check the name and the endpoint'];
  return new MiniGPT4Error(code, `hub: ${what} is refused, expected status 200, got ${status}. ${fix}.`, { cause });
}

/** There is no such thing. */
export function notFound(what: string, cause?: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'HUB_NOT_FOUND',
    `hub: there is no ${what}, expected a repository, revision and file that exist, got not found. Check the names; a private repository needs HF_TOKEN.`,
    { cause },
  );
}

/** Causes of failed attempts in a few words. */
export function reasons(causes: readonly unknown[]): string {
  const texts = causes.map(cause => {
    const { message, cause: inner } = cause as Error;
    return inner instanceof Error && inner.message !== '' ? inner.message : message;
  });
  return [...new Set(texts)].join('; ') || 'nothing';
}

interface Entry {
  readonly path: string;
  readonly size: number;
  readonly oid?: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

function hubFile(what: string, { path, size, oid, lfs }: Entry): HubFile {
  const digest = lfs?.oid ?? oid ?? '';
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(digest)) throw unexpected(what, 'a digest of its content', digest);
  const bytes = lfs?.size ?? size;
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw unexpected(what, 'a size in bytes', String(bytes));
  return { path, size: bytes, digest };
}

function unexpected(what: string, expected: string, got: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'HUB_ANSWER',
    `hub: a strange answer about ${what}, expected ${expected}, got ${JSON.stringify(got.slice(0, 100))}. Check the endpoint.`,
  );
}
