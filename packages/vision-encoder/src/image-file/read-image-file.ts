import { readFile, stat } from 'node:fs/promises';
import { MiniGPT4Error } from '@minigpt4/core';

/** Largest encoded picture accepted unless asked otherwise, in bytes: twice a 50-megapixel photograph at the best JPEG quality. */
export const defaultMaxBytes = 64 * 2 ** 20;

/** The error for encoded pictures over the limit. */
export function tooManyBytes(where: string, length: number, maxBytes: number): MiniGPT4Error {
  return new MiniGPT4Error(
    'IMAGE_TOO_LARGE',
    `${where}: the file is too large, expected at most ${maxBytes} bytes, got ${length}. Shrink the picture or raise maxBytes.`,
  );
}

/** How {@link readImageFile} reads. */
export interface ReadImageFileOptions {
  /** Largest file that is read, in bytes. Defaults to 64 MiB. */
  readonly maxBytes?: number;
}

function unreadable(path: string, got: string, cause?: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'IMAGE_UNREADABLE',
    `readImageFile: cannot read ${path}, expected a readable file, got ${got}. Check the path and its permissions.`,
    { cause },
  );
}

function failure(path: string, cause: unknown): MiniGPT4Error {
  const code = (cause as NodeJS.ErrnoException).code ?? 'an unknown error';
  if (code !== 'ENOENT') return unreadable(path, code, cause);
  return new MiniGPT4Error(
    'IMAGE_NOT_FOUND',
    `readImageFile: ${path} does not exist, expected an image file, got nothing. Check the path.`,
    { cause },
  );
}

/**
 * The bytes of an image file, for {@link decodeImage}; its size is checked before it is read.
 *
 * @throws `IMAGE_NOT_FOUND`, `IMAGE_UNREADABLE` (a folder, a device, no permission) or `IMAGE_TOO_LARGE`.
 */
export async function readImageFile(
  path: string,
  { maxBytes = defaultMaxBytes }: ReadImageFileOptions = {},
): Promise<Uint8Array> {
  const found = await stat(path).catch((cause: unknown) => {
    throw failure(path, cause);
  });
  if (!found.isFile()) throw unreadable(path, found.isDirectory() ? 'a folder' : 'something that is not a plain file');
  if (found.size > maxBytes) throw tooManyBytes('readImageFile', found.size, maxBytes);
  return readFile(path).catch((cause: unknown) => {
    throw failure(path, cause);
  });
}
