import type { RgbImage } from '@minigpt4/vision-encoder';

/**
 * A picture: a path, an encoded file's bytes, or decoded pixels. Paths and bytes are taken as the original takes them:
 * alpha is dropped and photographs are not turned; decode with `decodeImage` to choose otherwise.
 */
export type ImageSource = string | Uint8Array | RgbImage;
