import { type FileHandle, open, stat } from 'node:fs/promises';
import { brokenSample } from '../skip-report.js';

/** A stretch of a file, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

const missing = new Set(['ENOENT', 'ENOTDIR']);
const refused = new Set(['EACCES', 'EPERM', 'EIO', 'ELOOP', 'ENAMETOOLONG', 'EISDIR', 'ENXIO']);

/** Turns what the system says about one file into an error about one sample; anything else (no memory, no handles) stays as it is. */
function readError(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (missing.has(code)) {
    return brokenSample('MISSING_IMAGE', `${path}: no such file. Put it back or drop its record.`, { cause: error });
  }
  return refused.has(code)
    ? brokenSample('UNREADABLE_FILE', `${path}: cannot be read (${code}). Check its permissions and its disk.`, {
        cause: error,
      })
    : error;
}

async function readRange(file: FileHandle, path: string, { offset, length }: ByteRange): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) {
      throw brokenSample(
        'UNREADABLE_FILE',
        `${path}: ends early, expected ${length} bytes from ${offset}, got ${filled}. It changed since it was opened: open the set again.`,
      );
    }
    filled += bytesRead;
  }
  return bytes;
}

/**
 * The bytes of some stretches of one file, each in an array of its own.
 *
 * @throws `MISSING_IMAGE`, `UNREADABLE_FILE`.
 */
export async function readFileRanges(path: string, ranges: readonly ByteRange[]): Promise<Uint8Array[]> {
  let file: FileHandle | undefined;
  try {
    const opened = (file = await open(path, 'r'));
    return await Promise.all(ranges.map(range => readRange(opened, path, range)));
  } catch (error) {
    throw readError(path, error);
  } finally {
    await file?.close();
  }
}

/**
 * The whole of a regular file; nothing is read of one that is longer than the limit.
 *
 * @throws `MISSING_IMAGE`, `UNREADABLE_FILE`, `TOO_LARGE`.
 */
export async function readWholeFile(path: string, limit: number): Promise<Uint8Array> {
  const stats = await stat(path).catch((error: unknown) => {
    throw readError(path, error);
  });
  if (!stats.isFile()) {
    throw brokenSample('UNREADABLE_FILE', `${path}: is no regular file. Replace it by a file.`);
  }
  if (stats.size > limit) {
    throw brokenSample(
      'TOO_LARGE',
      `${path}: too large, expected at most ${limit} bytes, got ${stats.size}. Shrink it or raise the limit.`,
    );
  }
  const [bytes] = await readFileRanges(path, [{ offset: 0, length: stats.size }]);
  return bytes!;
}
