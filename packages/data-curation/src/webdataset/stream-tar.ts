import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { extract, type Header } from 'tar-stream';
import { isMiniGPT4Error } from '@minigpt4/core';
import { brokenSample } from '../skip-report.js';

/** A member of a tar whose bytes pass by. */
export interface StreamedMember {
  readonly header: Header;
  /** The contents, in pieces. The next member comes only when they were read to their end. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

const blockBytes = 512;

/** True for an http or https address. */
export function isWebAddress(path: string): boolean {
  return /^https?:\/\//iu.test(path);
}

/** The error for a shard that stops before its end marker. */
export function truncatedShard(shard: string, options?: ErrorOptions): Error {
  return brokenSample(
    'TRUNCATED_SHARD',
    `${shard}: ends early, expected two blocks of zeros after the last member. What came before is used; copy or download it again.`,
    options,
  );
}

async function openShard(shard: string, signal: AbortSignal | undefined): Promise<Readable> {
  if (!isWebAddress(shard)) return createReadStream(shard, { highWaterMark: 2 ** 18 });
  const response = await fetch(shard, signal ? { signal } : {});
  if (response.ok && response.body) return Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
  await response.body?.cancel();
  throw new Error(`HTTP status ${response.status}`);
}

/** Lets a stream through and remembers whether its last block was all zeros. */
function watchEnd(source: Readable): { readonly source: Readable; readonly isComplete: () => boolean } {
  let tail = Buffer.alloc(0);
  async function* pass(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      tail = Buffer.concat([tail, chunk.subarray(-blockBytes)]).subarray(-blockBytes);
      yield chunk;
    }
  }
  return {
    source: Readable.from(pass(), { objectMode: false }),
    isComplete: () => tail.length === blockBytes && tail.every(byte => byte === 0),
  };
}

function shardError(shard: string, error: unknown, fromSource: boolean): unknown {
  if (isMiniGPT4Error(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (fromSource) {
    const text = `${shard}: cannot be read (${message}). Check the path or address, or leave the shard out.`;
    return brokenSample('UNREADABLE_SHARD', text, { cause: error });
  }
  if (message === 'Unexpected end of data') return truncatedShard(shard, { cause: error });
  const text = `${shard}: is no tar, or is damaged (${message}). What came before is used; copy or download it again.`;
  return brokenSample('BAD_SHARD', text, { cause: error });
}

/**
 * The members of a local tar or of one behind an http(s) address, which is fetched here and nowhere else.
 *
 * @throws `UNREADABLE_SHARD`, `TRUNCATED_SHARD`, `BAD_SHARD`, after the members that came before; also while the contents of the last are read.
 */
export async function* streamTar(shard: string, signal?: AbortSignal): AsyncGenerator<StreamedMember> {
  let sourceError: unknown;
  function explained(error: unknown): unknown {
    signal?.throwIfAborted();
    return shardError(shard, error, error === sourceError);
  }
  async function* chunksOf(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
    try {
      yield* entry as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw explained(error);
    }
  }

  const opened = await openShard(shard, signal).catch((error: unknown) => {
    sourceError = error;
    throw explained(error);
  });
  const { source, isComplete } = watchEnd(opened);
  const tar = extract();
  source.on('error', error => tar.destroy((sourceError = error)));
  source.pipe(tar);
  try {
    for await (const entry of tar) yield { header: entry.header, chunks: chunksOf(entry) };
    if (!isComplete()) throw truncatedShard(shard);
  } catch (error) {
    throw explained(error);
  } finally {
    source.destroy();
    tar.destroy();
  }
}
