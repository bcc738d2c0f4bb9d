import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMiniGPT4Error, MiniGPT4Error } from '@minigpt4/core';

/** Pieces of a file, at hand or made one by one. */
type Parts = Iterable<NodeJS.ArrayBufferView> | AsyncIterable<NodeJS.ArrayBufferView>;

/**
 * Writes `parts` one after another as the file `path`. Atomic: everything goes to a temporary file beside it, is flushed
 * to the disk and then renamed, so that a crash leaves the old file or the new one.
 * @throws `CHECKPOINT_WRITE` when the disk fails, and errors of ours from making a part; the file at `path` is then
 * untouched.
 */
export async function writeDurably(path: string, parts: Parts): Promise<void> {
  const file = resolve(path);
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeAndFlush(temporary, parts);
    await rename(temporary, file);
    await flushDirectory(dirname(file));
  } catch (cause) {
    await unlink(temporary).catch(() => undefined);
    if (isMiniGPT4Error(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MiniGPT4Error(
      'CHECKPOINT_WRITE',
      `${file}: writing failed, expected a writable folder with room, got ${reason}. The old file is untouched; free space or choose another folder.`,
      { cause },
    );
  }
}

async function writeAndFlush(path: string, parts: Parts): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    for await (const part of parts) await writeFully(handle, part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeFully(handle: FileHandle, part: NodeJS.ArrayBufferView): Promise<void> {
  const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  // one write call takes less than 2 GiB
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, Math.min(bytes.length - done, 2 ** 30))).bytesWritten;
  }
}

/** Makes the rename itself survive a power cut, where the system lets a directory be flushed. */
async function flushDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
