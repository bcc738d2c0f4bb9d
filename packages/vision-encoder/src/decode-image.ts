import { MiniGPT4Error } from '@minigpt4/core';
import sharp, { type Metadata, type OutputInfo } from 'sharp';
import { blend, cmykToRgb } from './image-file/blend.js';
import { firstGifFrame, paintUndrawn } from './image-file/first-gif-frame.js';
import { describeFile, imageKind, type ImageKind } from './image-file/image-kind.js';
import { defaultMaxBytes, tooManyBytes } from './image-file/read-image-file.js';

/** A decoded picture: 8-bit RGB, row-major, three bytes a pixel. */
export interface RgbImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** `width * height * 3` bytes. */
  readonly data: Uint8Array;
}

/** How {@link decodeImage} decodes. */
export interface DecodeOptions {
  /** Turn photographs upright by their EXIF orientation. Defaults to false: pixels as stored, as the original reads them. */
  readonly upright?: boolean;
  /** RGB colour, 0 … 255, that transparent pixels are laid on. Defaults to none: alpha is dropped and the colours beneath show, as in the original. */
  readonly background?: readonly [number, number, number];
  /**
   * Most pixels a picture may have; told from its header, before anything is decoded. Defaults to 50 million: the full
   * 8160 x 6120 of telephone cameras, which is 150 MB once decoded.
   */
  readonly maxPixels?: number;
  /** Largest encoded file, in bytes. Defaults to 64 MiB. */
  readonly maxBytes?: number;
}

const defaultMaxPixels = 50_000_000;
const maxSide = 65_535; // what JPEG and GIF can hold; a longer line is no picture but fills the resizer's tables

function tooManyPixels(width: number, height: number, maxPixels: number): MiniGPT4Error {
  return new MiniGPT4Error(
    'IMAGE_TOO_LARGE',
    `decodeImage: too many pixels, expected at most ${maxPixels} and sides up to ${maxSide}, got ${width} x ${height} = ` +
      `${width * height}. Shrink the picture or raise maxPixels.`,
  );
}

function corrupt(what: string, expected: string, cause: unknown): MiniGPT4Error {
  const got = cause instanceof Error ? cause.message.trim().split('\n')[0] : String(cause);
  return new MiniGPT4Error(
    'IMAGE_CORRUPT',
    `decodeImage: ${what}, expected ${expected}, got "${got}". The file is damaged or cut off: fetch or save it again.`,
    { cause },
  );
}

function checkSize(width: number, height: number, maxPixels: number): void {
  if (!(width > 0 && height > 0)) {
    throw corrupt('the header is wrong', 'at least one pixel', `${width} x ${height} pixels`);
  }
  if (width * height > maxPixels || Math.max(width, height) > maxSide) throw tooManyPixels(width, height, maxPixels);
}

/** The header of a picture, checked against the limits. */
async function readHeader(bytes: Uint8Array, kind: ImageKind, maxPixels: number): Promise<Metadata> {
  if (kind === 'png' && bytes.length >= 24) {
    // libpng gives absurd sizes no name of their own
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    checkSize(view.getUint32(16), view.getUint32(20), maxPixels);
  }
  const header = await sharp(bytes, { failOn: 'error', limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw corrupt('the header cannot be read', `a ${kind.toUpperCase()} picture`, cause);
    });
  if (header.format !== (kind === 'avif' ? 'heif' : kind)) {
    throw corrupt('two formats in one file', `a ${kind.toUpperCase()} picture`, header.format);
  }
  checkSize(header.width, header.height, maxPixels);
  return header;
}

/** The pixels as sharp gives them: 8 bits a channel, colours untouched by profiles. */
async function readPixels(
  bytes: Uint8Array,
  kind: ImageKind,
  options: { space: 'cmyk' | 'srgb'; upright: boolean; keepAlpha: boolean; maxPixels: number },
): Promise<{ data: Uint8Array; info: OutputInfo }> {
  const { space, upright, keepAlpha, maxPixels } = options;
  // a TIFF's orientation is part of the format: Pillow turns it on opening
  const autoOrient = upright || kind === 'tiff';
  // 'error' refuses damaged and cut-off files but not the harmless oddities that libpng and libjpeg warn of
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: maxPixels, ignoreIcc: true, autoOrient })
    .pipelineColourspace(space)
    .toColourspace(space);
  const { data, info } = await (keepAlpha ? image : image.removeAlpha())
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw corrupt('the pixels cannot be decoded', `a whole ${kind.toUpperCase()} picture`, cause);
    });
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), info };
}

async function checkKind(bytes: Uint8Array): Promise<ImageKind> {
  if (bytes.length === 0) {
    throw new MiniGPT4Error(
      'IMAGE_EMPTY',
      'decodeImage: no bytes, expected a picture, got an empty file. Pass another file.',
    );
  }
  const kind = imageKind(bytes);
  if (kind) return kind;
  throw new MiniGPT4Error(
    'IMAGE_UNSUPPORTED',
    `decodeImage: not a supported kind of file, expected PNG, JPEG, WebP, GIF, TIFF or AVIF, got ${await describeFile(bytes)}. ` +
      'Save the picture as PNG or JPEG.',
  );
}

/**
 * An encoded picture as RGB, every pixel equal to Pillow's `Image.open(file).convert('RGB')`: alpha is dropped and not blended,
 * colour profiles are ignored, CMYK is multiplied out, 16-bit channels keep their high byte, grey becomes three equal
 * channels, an animation gives its first frame. The kind is told from the bytes, whatever the file's name.
 *
 * @throws `IMAGE_EMPTY`, `IMAGE_UNSUPPORTED` (SVG, PDF, HEIC, BMP and whatever else is not PNG, JPEG, WebP, GIF, TIFF or AVIF),
 * `IMAGE_TOO_LARGE` (bytes or, by the header alone, pixels) or `IMAGE_CORRUPT` (damaged or cut off; the decoder's error is the `cause`).
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<RgbImage> {
  const { upright = false, background, maxPixels = defaultMaxPixels, maxBytes = defaultMaxBytes } = options;
  if (bytes.length > maxBytes) throw tooManyBytes('decodeImage', bytes.length, maxBytes);
  const kind = await checkKind(bytes);
  const frame = kind === 'gif' ? firstGifFrame(bytes) : undefined;
  const source = frame?.bytes ?? bytes;
  const header = await readHeader(source, kind, maxPixels);
  const space = header.space === 'cmyk' ? 'cmyk' : 'srgb';
  const keepAlpha = space === 'srgb' && header.hasAlpha && (background !== undefined || kind === 'gif');
  const { data, info } = await readPixels(source, kind, { space, upright, keepAlpha, maxPixels });
  const { width, height, channels } = info;
  if (channels !== (space === 'cmyk' || keepAlpha ? 4 : 3)) {
    throw new MiniGPT4Error(
      'IMAGE_UNSUPPORTED',
      `decodeImage: not a colour picture, expected 1 to 4 channels, got ${header.channels}. Save the picture as PNG or JPEG.`,
    );
  }
  if (frame) paintUndrawn({ data, width, channels, background }, frame);
  if (space === 'cmyk') return { width, height, data: cmykToRgb(data) };
  return { width, height, data: keepAlpha ? blend(data, background) : data };
}
