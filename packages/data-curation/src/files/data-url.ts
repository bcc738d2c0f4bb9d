import { brokenSample } from '../skip-report.js';

/** The picture as a `data:` address. */
export function toDataUrl(bytes: Uint8Array, mediaType: string): string {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return `data:${mediaType};base64,${view.toString('base64')}`;
}

/**
 * The bytes of a base64 `data:` address. Nothing is fetched.
 *
 * @throws `REMOTE_IMAGE` for another kind of address, `BAD_RECORD` for text that is no base64, `TOO_LARGE`.
 */
export function fromDataUrl(url: string, source: string, limit: number): Uint8Array {
  const head = /^data:[^,]{0,200};base64,/iu.exec(url)?.[0];
  if (head === undefined) {
    const shown = JSON.stringify(url.slice(0, 60));
    throw brokenSample(
      'REMOTE_IMAGE',
      `${source}: expected a base64 data URL, got ${shown}. Put the picture into the record.`,
    );
  }
  const text = url.slice(head.length);
  const size = Math.floor((text.length * 3) / 4);
  if (size > limit + 2) {
    throw brokenSample(
      'TOO_LARGE',
      `${source}: picture too large, expected at most ${limit} bytes, got ${size}. Shrink it or raise the limit.`,
    );
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/u.test(text)) {
    throw brokenSample('BAD_RECORD', `${source}: the picture's text is no base64. Encode it again.`);
  }
  return new Uint8Array(Buffer.from(text, 'base64'));
}
