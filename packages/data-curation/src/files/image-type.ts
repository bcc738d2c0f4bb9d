/** A kind of picture file: the usual ending of its name and its media type. */
export interface ImageType {
  readonly extension: string;
  readonly mediaType: string;
}

const jpeg: ImageType = { extension: 'jpg', mediaType: 'image/jpeg' };
const png: ImageType = { extension: 'png', mediaType: 'image/png' };
const gif: ImageType = { extension: 'gif', mediaType: 'image/gif' };
const webp: ImageType = { extension: 'webp', mediaType: 'image/webp' };
const bmp: ImageType = { extension: 'bmp', mediaType: 'image/bmp' };
const tiff: ImageType = { extension: 'tif', mediaType: 'image/tiff' };
const avif: ImageType = { extension: 'avif', mediaType: 'image/avif' };
const heic: ImageType = { extension: 'heic', mediaType: 'image/heic' };

// of the first bytes read as latin-1; the first that matches decides
const signatures: readonly (readonly [RegExp, ImageType])[] = [
  [/^\u00ff\u00d8\u00ff/u, jpeg],
  [/^\u0089PNG\r\n\u001a\n/u, png],
  [/^GIF8[79]a/u, gif],
  [/^RIFF.{4}WEBP/su, webp],
  [/^BM.{4}\0{4}/su, bmp],
  [/^(?:II\*\0|MM\0\*)/u, tiff],
  [/^.{4}ftypavi[fs]/su, avif],
  [/^.{4}ftyp(?:hei|mif1)/su, heic],
];

/** Name endings that mark a picture, lower-case and without the dot, in the order in which they are looked for. */
export const imageExtensions: readonly string[] = [
  'jpg',
  'jpeg',
  'png',
  'webp',
  'gif',
  'bmp',
  'tif',
  'tiff',
  'avif',
  'heic',
];

/** The kind of picture by the first bytes of the file, or undefined for anything else; the pixels are not looked at. */
export function imageType(bytes: Uint8Array): ImageType | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.byteLength)).toString('latin1');
  return signatures.find(([pattern]) => pattern.test(head))?.[1];
}
