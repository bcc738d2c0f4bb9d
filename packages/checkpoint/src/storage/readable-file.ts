import { constants } from 'node:buffer';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { MiniGPT4Error } from '@minigpt4/core';

// one read call takes less than 2 GiB
const chunkBytes = 2 ** 30;

function readFailure(path: string, cause: unknown): MiniGPT4Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new MiniGPT4Error(
      'CHECKPOINT_NOT_FOUND',
      `${path}: no such file, expected a checkpoint, got nothing. Check the path.`,
      { cause },
    );
  }
  return new MiniGPT4Error(
    'CHECKPOINT_READ',
    `${path}: reading failed, expected a readable file, got ${code}. Check its permissions and the disk.`,
    { cause },
  );
}

/** Whether the path is a file or a directory. @throws `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_READ`, `CHECKPOINT_UNSUPPORTED` for a device or pipe. */
export async function pathKind(path: string): Promise<'file' | 'directory'> {
  const found = await stat(path).catch((cause: unknown) => {
    throw readFailure(path, cause);
  });
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'directory';
  throw new MiniGPT4Error(
    'CHECKPOINT_UNSUPPORTED',
    `${path}: not a checkpoint, expected a file or a directory, got a device, socket or pipe. Save it to a file first.`,
  );
}

/** Names in a directory, sorted. @throws `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_READ`. */
export async function listDirectory(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (cause) {
    throw readFailure(path, cause);
  }
}

/** A file that is read by ranges at any position through one shared handle. */
export class ReadableFile {
  readonly path: string;
  /** Bytes, when it was opened. */
  readonly size: number;
  readonly #handle: FileHandle;
  #closed = false;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** Opens the file at an absolute path. @throws `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_READ`. */
  static async open(path: string): Promise<ReadableFile> {
    try {
      const handle = await open(path, 'r');
      return new ReadableFile(path, (await handle.stat()).size, handle);
    } catch (cause) {
      throw readFailure(path, cause);
    }
  }

  /** Exactly `length` bytes from `offset`, in memory of their own. @throws `CHECKPOINT_CLOSED`, `CHECKPOINT_CORRUPT`, `CHECKPOINT_LIMIT`, `CHECKPOINT_READ`. */
  async read(offset: number, length: number): Promise<Buffer> {
    this.#check(offset, length);
    const bytes = this.#allocate(length);
    let filled = 0;
    while (filled < length) {
      const size = Math.min(length - filled, chunkBytes);
      const { bytesRead } = await this.#handle.read(bytes, filled, size, offset + filled).catch((cause: unknown) => {
        throw this.#closed ? this.#closedError() : readFailure(this.path, cause);
      });
      if (bytesRead === 0) throw this.#tooShort(offset + length, offset + filled);
      filled += bytesRead;
    }
    return bytes;
  }

  /** Gives the handle back; a second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }

  #check(offset: number, length: number): void {
    if (this.#closed) throw this.#closedError();
    const end = offset + length;
    if (!(offset >= 0 && length >= 0 && end <= this.size)) throw this.#tooShort(end, this.size);
  }

  #allocate(length: number): Buffer {
    try {
      return Buffer.allocUnsafeSlow(length);
    } catch (cause) {
      throw new MiniGPT4Error(
        'CHECKPOINT_LIMIT',
        `${this.path}: too much for one array, expected what memory and Node's limit of ${constants.MAX_LENGTH} bytes allow, got ${length} bytes. Read it in parts with readRows.`,
        { cause },
      );
    }
  }

  #closedError(): MiniGPT4Error {
    return new MiniGPT4Error(
      'CHECKPOINT_CLOSED',
      `${this.path}: already closed, expected an open checkpoint, got a read after close(). Close it later, or open it again.`,
    );
  }

  #tooShort(expected: number, got: number): MiniGPT4Error {
    return new MiniGPT4Error(
      'CHECKPOINT_CORRUPT',
      `${this.path}: file too short, expected at least ${expected} bytes, got ${got}. Copy or download it again.`,
    );
  }
}
