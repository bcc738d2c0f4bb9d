import sharp from 'sharp';

/** An opaque square picture. */
export interface SquarePicture {
  /** Pixels of a side. */
  readonly size: number;
  /** RGB, row-major. */
  readonly data: Uint8Array;
}

/** What a drawing is made from: a picture file, or an SVG document for the pixels of a side that are asked for. */
export type PictureSource = Uint8Array | ((pixels: number) => string);

/** How a picture is made of a drawing. */
export interface RasteriseOptions {
  /** Pixels of a side. */
  readonly size: number;
  /** Whether white counts as drawn, as the stripes of a flag do. Defaults to false: on white paper nobody sees it. */
  readonly keepsWhite?: boolean;
}

/** Pixels as bright as this in all channels look like paper. */
export const paper = 243;

/** Drawings are made this much larger than needed at least, so that cropping leaves enough of them. */
const oversize = 8 / 3;
const leastPixels = 256;
/** White on each side, as a share of the side. */
const marginShare = 1 / 24;

/**
 * Draws a picture as the samples have it: on white, cropped to its ink, fitted into a square with a small margin.
 * Returns undefined where there is nothing to see.
 *
 * The crop matters: without it a nearest neighbour tells art styles apart by their margins.
 */
export async function rasterise(
  source: PictureSource,
  { size, keepsWhite = false }: RasteriseOptions,
): Promise<SquarePicture | undefined> {
  const pixels = Math.max(leastPixels, Math.ceil(size * oversize));
  const input = typeof source === 'function' ? Buffer.from(source(pixels)) : source;
  const { data: drawn, info } = await sharp(input)
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const flat = onWhite(drawn);
  const isInk = keepsWhite ? hasOpacity(drawn) : isVisible(flat);
  const ink = inkBox(info.width, info.height, isInk);
  if (!ink) return undefined;
  const margin = Math.round(size * marginShare);
  const inner = size - 2 * margin;
  const data = await sharp(flat, { raw: { width: info.width, height: info.height, channels: 3 } })
    .extract(ink)
    .resize(inner, inner, { fit: 'contain', kernel: 'cubic', background: '#fff' })
    .extend({ top: margin, bottom: margin, left: margin, right: margin, background: '#fff' })
    .removeAlpha()
    .raw()
    .toBuffer();
  return { size, data: new Uint8Array(data) };
}

/** A picture as a lossless WebP file; the usual effort takes five times as long and saves a fourteenth. */
export function encodePicture({ size, data }: SquarePicture): Promise<Buffer> {
  return sharp(data, { raw: { width: size, height: size, channels: 3 } })
    .webp({ lossless: true, effort: 2 })
    .toBuffer();
}

/** RGBA on white, as RGB: by hand, because sharp's own flattening keeps a fourth channel at times. */
function onWhite(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    const alpha = rgba[from + 3]! / 255;
    for (let c = 0; c < 3; c++) rgb[to++] = Math.round(rgba[from + c]! * alpha + 255 * (1 - alpha));
  }
  return rgb;
}

/** Tells whether a pixel, by its number, is ink. */
type IsInk = (pixel: number) => boolean;

/** Opacity above which a pixel counts as drawn, of 255. */
const faint = 8;

function hasOpacity(rgba: Uint8Array): IsInk {
  return pixel => rgba[pixel * 4 + 3]! > faint;
}

function isVisible(rgb: Uint8Array): IsInk {
  return pixel => Math.min(rgb[pixel * 3]!, rgb[pixel * 3 + 1]!, rgb[pixel * 3 + 2]!) < paper;
}

function inkBox(width: number, height: number, isInk: IsInk) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isInk(y * width + x)) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}
