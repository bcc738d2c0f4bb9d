import { createHash } from 'node:crypto';
import type { ImageTextSample } from '../image-text-sample.js';
import { plainWords } from '../metrics/naming.js';

/** What two samples are compared by. */
export interface Fingerprint {
  /** sha256 of the picture file's bytes, in base64. */
  readonly image: string;
  /** sha256 of the caption's lower-case words, in base64. */
  readonly caption: string;
}

function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('base64');
}

/** The digests of a sample's picture file and of the plain words of its caption. */
export function fingerprint(sample: ImageTextSample): Fingerprint {
  return { image: sha256(sample.image), caption: sha256(plainWords(sample.caption)) };
}
