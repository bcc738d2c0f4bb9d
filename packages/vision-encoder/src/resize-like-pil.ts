import { MiniGPT4Error } from '@minigpt4/core';
import type { RgbImage } from './decode-image.js';

const fractionBits = 22; // Pillow's PRECISION_BITS: what 8-bit samples and a sign leave of 32 bits
const half = 1 << (fractionBits - 1);

/** Fixed-point weights of one axis: output `i` sums `counts[i]` samples from `starts[i]` on, its weights lie from `i * stride` on. */
interface Taps {
  readonly stride: number;
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
}

/** The cubic convolution kernel with a = -0.5, as in Pillow (torch uses -0.75). */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

function roundHalfAway(value: number): number {
  return Math.trunc(value < 0 ? value - 0.5 : value + 0.5);
}

/** Pillow's weights from `from` samples to `to`; zero weights widen each window to whole groups of `align` samples. */
function makeTaps(from: number, to: number, align: number): Taps {
  const scale = from / to;
  const stretch = Math.max(scale, 1); // wider when shrinking: this is the antialiasing
  const support = 2 * stretch;
  const stride = (Math.ceil((Math.ceil(support) * 2 + 1) / align) + 1) * align;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  const sharpness = 1 / stretch;
  const exact = new Float64Array(stride);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(center - support + 0.5));
    const high = Math.min(from, Math.trunc(center + support + 0.5));
    let total = 0;
    for (let j = low; j < high; j++) {
      exact[j - low] = cubic((j - center + 0.5) * sharpness);
      total += exact[j - low]!;
    }
    const start = low - (low % align);
    starts[i] = start;
    counts[i] = Math.ceil((high - start) / align) * align;
    for (let j = low; j < high; j++) {
      weights[i * stride + j - start] = roundHalfAway((exact[j - low]! / total) * 2 ** fractionBits);
    }
  }
  return { stride, starts, counts, weights };
}

/**
 * The rows of an image, each resampled to `width` pixels. This pass does nearly all the work on a photograph,
 * so it reads four pixels (three 32-bit words) at a time from an aligned copy of the row.
 */
function resizeRows(image: RgbImage, width: number): Uint8ClampedArray {
  const { stride, starts, counts, weights } = makeTaps(image.width, width, 4);
  const rowBytes = image.width * 3;
  const row = new Uint8Array(Math.ceil(image.width / 4) * 12);
  const words = new Int32Array(row.buffer);
  const out = new Uint8ClampedArray(width * image.height * 3); // clamping is Pillow's clip8
  let at = 0;
  for (let y = 0; y < image.height; y++) {
    row.set(image.data.subarray(y * rowBytes, (y + 1) * rowBytes));
    for (let x = 0; x < width; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let word = (starts[x]! >> 2) * 3;
      const end = x * stride + counts[x]!;
      for (let tap = x * stride; tap < end; tap += 4) {
        const a = words[word]!; // bytes r0 g0 b0 r1
        const b = words[word + 1]!; // g1 b1 r2 g2
        const c = words[word + 2]!; // b2 r3 g3 b3
        word += 3;
        const p = weights[tap]!;
        const q = weights[tap + 1]!;
        const r = weights[tap + 2]!;
        const s = weights[tap + 3]!;
        red +=
          Math.imul(p, a & 255) +
          Math.imul(q, a >>> 24) +
          Math.imul(r, (b >>> 16) & 255) +
          Math.imul(s, (c >>> 8) & 255);
        green +=
          Math.imul(p, (a >>> 8) & 255) +
          Math.imul(q, b & 255) +
          Math.imul(r, b >>> 24) +
          Math.imul(s, (c >>> 16) & 255);
        blue +=
          Math.imul(p, (a >>> 16) & 255) +
          Math.imul(q, (b >>> 8) & 255) +
          Math.imul(r, c & 255) +
          Math.imul(s, c >>> 24);
        red |= 0;
        green |= 0;
        blue |= 0;
      }
      out[at] = red >> fractionBits;
      out[at + 1] = green >> fractionBits;
      out[at + 2] = blue >> fractionBits;
      at += 3;
    }
  }
  return out;
}

/** Rows of `width` pixels resampled to `toHeight` of them, each a weighted sum of rows of `data`. */
function resizeColumns(
  data: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  toHeight: number,
): Uint8ClampedArray {
  const { stride, starts, counts, weights } = makeTaps(height, toHeight, 1);
  const rowBytes = width * 3;
  const out = new Uint8ClampedArray(rowBytes * toHeight);
  let at = 0;
  for (let y = 0; y < toHeight; y++) {
    const end = y * stride + counts[y]!;
    for (let x = 0; x < rowBytes; x += 3) {
      let red = half;
      let green = half;
      let blue = half;
      let from = starts[y]! * rowBytes + x;
      for (let tap = y * stride; tap < end; tap++) {
        const weight = weights[tap]!;
        red = (red + Math.imul(weight, data[from]!)) | 0;
        green = (green + Math.imul(weight, data[from + 1]!)) | 0;
        blue = (blue + Math.imul(weight, data[from + 2]!)) | 0;
        from += rowBytes;
      }
      out[at] = red >> fractionBits;
      out[at + 1] = green >> fractionBits;
      out[at + 2] = blue >> fractionBits;
      at += 3;
    }
  }
  return out;
}

function checkSizes({ width, height, data }: RgbImage, toWidth: number, toHeight: number): void {
  const sizes = [width, height, toWidth, toHeight];
  if (sizes.every(size => Number.isSafeInteger(size) && size > 0) && data.length === width * height * 3) return;
  throw new MiniGPT4Error(
    'IMAGE_SIZE',
    `resizeLikePil: sizes do not fit, expected positive whole numbers and width * height * 3 bytes, ` +
      `got ${width} x ${height} (${data.length} bytes) to ${toWidth} x ${toHeight}. Pass an image as decodeImage returns it.`,
  );
}

/**
 * The image at another size, every value equal to Pillow's `image.resize((width, height), Image.BICUBIC)`: first along
 * rows, then along columns, with 22-bit fixed-point weights, rounded to 8 bits after each pass. The aspect ratio is
 * whatever the arguments say. A pass that changes no size is left out, so the same size gives the same pixels, uncopied.
 * Follows `ImagingResample` of Pillow 10.4; libvips, and so sharp's own resize, uses another filter.
 *
 * @throws `IMAGE_SIZE` when a size is not a positive whole number or the data does not have `width * height * 3` bytes.
 */
export function resizeLikePil(image: RgbImage, width: number, height: number): RgbImage {
  checkSizes(image, width, height);
  const rows = width === image.width ? image.data : resizeRows(image, width);
  const out = height === image.height ? rows : resizeColumns(rows, width, image.height, height);
  return { width, height, data: new Uint8Array(out.buffer, out.byteOffset, out.length) };
}
