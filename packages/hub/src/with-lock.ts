import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MiniGPT4Error } from '@minigpt4/core';
import { lock } from 'proper-lockfile';

/** A holder that has not renewed its lock for so long is dead. */
const staleMs = 10_000;

/** How often a lock that is held is tried again. */
const pollMs = 100;

/** Runs `work` while no other process of this machine holds the lock `path`; waits as long as the holder lives. */
export async function withLock<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const release = await acquire(path, signal);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(path: string, signal: AbortSignal | undefined): Promise<() => Promise<void>> {
  let lost: Error | undefined;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const onCompromised = (error: Error) => {
        lost = error;
      };
      const release = await lock(path, { realpath: false, lockfilePath: path, stale: staleMs, onCompromised });
      // a lock that was taken away, as after a long sleep of the machine, is not there to be given back
      return async () => (lost === undefined ? release() : undefined);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw lockError(path, error);
    }
    await sleep(pollMs, undefined, { signal });
  }
}

function lockError(path: string, cause: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'HUB_DISK',
    `hub: ${path} cannot be locked, expected a cache that can be written, got ${(cause as Error).message}. Set HF_HUB_CACHE to another folder.`,
    { cause },
  );
}
