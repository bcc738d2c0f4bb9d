import type { Readable } from 'node:stream';
import { MiniGPT4Error } from '@minigpt4/core';
import { readImageFile } from '@minigpt4/vision-encoder';
import { maxPictureBytes } from './picture-decoding.js';

/**
 * The bytes of a picture file or, for `-`, of `stdin`.
 *
 * @throws the errors of `readImageFile`
 */
export async function readPicture(path: string, stdin: Readable): Promise<Uint8Array> {
  return path === '-' ? readAll(stdin) : readImageFile(path, { maxBytes: maxPictureBytes });
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
