import { createHash } from 'node:crypto';
import type { RgbImage } from '@minigpt4/vision-encoder';

/** sha256 of a picture file's bytes, in base64url: 43 characters. */
export function imageFileDigest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url');
}

/** sha256 of a picture's size and pixels, in base64url: the same for every file that decodes to them. */
export function pixelDigest({ width, height, data }: RgbImage): string {
  return createHash('sha256').update(`${width}x${height}:`).update(data).digest('base64url');
}

/** Bytes of a digest. */
export const digestBytes = 32;

/** Digests one after another, as they are kept in a file. */
export function packDigests(digests: readonly string[]): Uint8Array {
  return new Uint8Array(Buffer.concat(digests.map(digest => Buffer.from(digest, 'base64url'))));
}

/** The digests that {@link packDigests} laid out. */
export function unpackDigests(bytes: Uint8Array): string[] {
  return Array.from({ length: bytes.length / digestBytes }, (_, i) =>
    Buffer.from(bytes.subarray(i * digestBytes, (i + 1) * digestBytes)).toString('base64url'),
  );
}
