import type { Readable } from 'node:stream';
import { MiniGPT4Error } from '@minigpt4/core';
import { decodeImage, readImageFile, type RgbImage } from '@minigpt4/vision-encoder';

/** Largest picture file accepted, in bytes: more than any camera writes, less than hurts. */
export const maxPictureBytes = 32 * 1024 * 1024;

const white = [255, 255, 255] as const;

/** Decodes a picture file as people see it: turned upright, transparent parts laid on white. */
export function decodePicture(bytes: Uint8Array): Promise<RgbImage> {
  return decodeImage(bytes, { upright: true, background: white, maxBytes: maxPictureBytes });
}

/**
 * The picture in a file or, for `-`, in `stdin`, decoded by {@link decodePicture}.
 *
 * @throws the errors of `readImageFile` and `decodeImage`
 */
export async function readPicture(path: string, stdin: Readable): Promise<RgbImage> {
  return decodePicture(path === '-' ? await readAll(stdin) : await readImageFile(path, { maxBytes: maxPictureBytes }));
}

async function readAll(stdin: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxPictureBytes) {
      throw new MiniGPT4Error(
        'IMAGE_TOO_LARGE',
        `image: standard input is too large, expected at most ${maxPictureBytes} bytes, got more. Shrink the picture.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
