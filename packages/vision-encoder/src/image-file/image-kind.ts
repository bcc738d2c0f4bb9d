import { fileTypeFromBuffer } from 'file-type';

/** The picture formats that are decoded. */
export type ImageKind = 'avif' | 'gif' | 'jpeg' | 'png' | 'tiff' | 'webp';

const headLength = 64; // enough for the brands of an AVIF file
const sampleLength = 4100; // what file-type asks for

const signatures: readonly (readonly [ImageKind, RegExp])[] = [
  ['png', /^\u0089PNG\r\n\u001a\n/],
  ['jpeg', /^\u00ff\u00d8\u00ff/],
  ['gif', /^GIF8[79]a/],
  ['webp', /^RIFF[^]{4}WEBP/],
  ['tiff', /^(II[*+]\u0000|MM\u0000[*+])/],
  ['avif', /^[^]{4}ftyp(avi[fs]|mif1[^]*avif)/],
];

/** The format a file's first bytes promise, whatever its name; undefined for everything that is not decoded. */
export function imageKind(bytes: Uint8Array): ImageKind | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, headLength));
  return signatures.find(([, signature]) => signature.test(head))?.[0];
}

/** A name for what a refused file is, for people: `SVG`, `application/pdf`, `text`, `unknown bytes`. */
export async function describeFile(bytes: Uint8Array): Promise<string> {
  const sample = bytes.subarray(0, sampleLength);
  const text = Buffer.from(sample).toString('latin1');
  if (/<svg[\s>]/i.test(text)) return 'SVG';
  const type = await fileTypeFromBuffer(sample);
  if (type) return type.mime;
  return /^[\t\n\r\u0020-\u007e\u0080-\u00ff]*$/.test(text) ? 'text' : 'unknown bytes';
}
