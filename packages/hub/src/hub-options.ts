import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { hubCacheDirectory, hubHome } from './cache-layout.js';

/** How far the download of one file is. */
export interface DownloadProgress {
  /** Path in the repository. */
  readonly path: string;
  /** Bytes that are here, those of an earlier attempt included. */
  readonly received: number;
  /** Bytes of the whole file. */
  readonly total: number;
}

/** Where files come from and go to. */
export interface HubOptions {
  /** Branch, tag or commit. Defaults to `main`. */
  readonly revision?: string;
  /** Defaults to {@link hubCacheDirectory}. */
  readonly cacheDirectory?: string;
  /**
   * Addresses of the hub and of its mirrors, asked in this order. Defaults to `HF_ENDPOINT` or the hub itself. The token
   * goes to the first one alone.
   */
  readonly endpoints?: readonly string[];
  /** For private and gated repositories. Defaults to `HF_TOKEN`, or to the file `token` in `HF_HOME`. */
  readonly token?: string;
  /** Takes what the cache has and asks nobody. Defaults to `HF_HUB_OFFLINE` being 1. */
  readonly offline?: boolean;
  /** Attempts after a cut connection without a new byte. Defaults to 5. */
  readonly retries?: number;
  /** Milliseconds before the first of these, doubled at each. Defaults to 500. */
  readonly retryDelayMs?: number;
  /** Milliseconds without a byte after which a connection counts as cut. Defaults to 30,000. */
  readonly stallMs?: number;
  /** Is told about each piece that arrives. Defaults to nobody. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops; what has arrived is kept for the next time. */
  readonly signal?: AbortSignal;
}

/** Options with every default filled in. */
export interface HubSettings extends Required<Omit<HubOptions, 'token' | 'onProgress' | 'signal'>> {
  readonly token: string | undefined;
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly signal: AbortSignal | undefined;
}

const yes = /^(1|true|yes|on)$/i;

/** Fills in the defaults. @throws `HUB_OPTION` for an address that is none */
export async function hubSettings(
  options: HubOptions,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<HubSettings> {
  const { HF_ENDPOINT: endpoint, HF_HUB_OFFLINE: offline = '' } = environment;
  const endpoints = options.endpoints ?? [endpoint || 'https://huggingface.co'];
  return {
    revision: options.revision ?? 'main',
    cacheDirectory: options.cacheDirectory ?? hubCacheDirectory(environment),
    endpoints: requireAddresses(endpoints),
    token: requireToken(options.token ?? (await findToken(environment))),
    offline: options.offline ?? yes.test(offline),
    retries: options.retries ?? 5,
    retryDelayMs: options.retryDelayMs ?? 500,
    stallMs: options.stallMs ?? 30_000,
    onProgress: options.onProgress ?? (() => {}),
    signal: options.signal,
  };
}

function requireAddresses(endpoints: readonly string[]): string[] {
  const wrong = endpoints.find(address => !/^https?:\/\//i.test(address) || !URL.canParse(address));
  if (endpoints.length > 0 && wrong === undefined) return endpoints.map(address => address.replace(/\/+$/, ''));
  throw new MiniGPT4Error(
    'HUB_OPTION',
    `hub: bad endpoint, expected an address that begins with https:// or http://, got ${JSON.stringify(wrong ?? '')}. Correct the option or HF_ENDPOINT.`,
  );
}

async function findToken(environment: NodeJS.ProcessEnv): Promise<string> {
  const { HF_TOKEN: token } = environment;
  return token || readFile(join(hubHome(environment), 'token'), 'utf8').catch(() => '');
}

function requireToken(text: string): string | undefined {
  const token = text.trim();
  if (token === '' || /^hf_\w+$/.test(token)) return token || undefined;
  throw new MiniGPT4Error(
    'HUB_OPTION',
    'hub: bad token, expected one that begins with "hf_", got another text. Copy it anew from the settings of your account into HF_TOKEN.',
  );
}
