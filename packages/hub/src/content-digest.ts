import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { HubFile } from './hub-files.js';

/** The digest of a local file of the kind that `digest` is: SHA-256, or the SHA-1 that Git names contents by. */
export async function contentDigest(path: string, { digest }: HubFile, signal?: AbortSignal): Promise<string> {
  const hash = createHash(digest.length === 64 ? 'sha256' : 'sha1');
  if (digest.length === 40) hash.update(`blob ${(await stat(path)).size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
