import fc from 'fast-check';
import { random } from '@minigpt4/core';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import type { RgbImage } from './decode-image.js';
import { resizeLikePil } from './resize-like-pil.js';

function noise(width: number, height: number, seed: number): RgbImage {
  const numbers = random(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => numbers.integer(256)) };
}

function transposed({ width, height, data }: RgbImage): RgbImage {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < width * height; i++) {
    const to = (i % width) * height + Math.floor(i / width);
    out.set(data.subarray(i * 3, i * 3 + 3), to * 3);
  }
  return { width: height, height: width, data: out };
}

/** One axis of bicubic resampling in floating point, straight from the definition: every sample weighed by its distance. */
function slowRows(image: RgbImage, width: number): RgbImage {
  const scale = image.width / width;
  const stretch = Math.max(1, scale);
  const kernel = (t: number) => {
    const x = Math.abs(t);
    if (x >= 2) return 0;
    return x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2;
  };
  const data = new Uint8Array(width * image.height * 3);
  for (let x = 0; x < width; x++) {
    const weights = Array.from({ length: image.width }, (_, j) => kernel((j + 0.5 - (x + 0.5) * scale) / stretch));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let y = 0; y < image.height; y++) {
      for (let channel = 0; channel < 3; channel++) {
        const sum = weights.reduce((s, weight, j) => s + weight * image.data[(y * image.width + j) * 3 + channel]!, 0);
        data[(y * width + x) * 3 + channel] = Math.min(255, Math.max(0, Math.round(sum / total)));
      }
    }
  }
  return { width, height: image.height, data };
}

function slowResize(image: RgbImage, width: number, height: number): RgbImage {
  return transposed(slowRows(transposed(slowRows(image, width)), height));
}

const side = fc.integer({ min: 1, max: 40 });
const sides = fc.tuple(side, side, side, side);

describe('resizeLikePil', () => {
  it('gives the numbers of Pillow 10.4 when shrinking and when enlarging', () => {
    const ramp = Uint8Array.from([0, 40, 250, 90, 200, 10, 255, 0, 128, 30, 60, 77, 5, 255, 19]);
    const row: RgbImage = { width: 5, height: 1, data: ramp };
    expect([...resizeLikePil(row, 2, 1).data]).toEqual([99, 91, 123, 78, 118, 62]);
    expect([...resizeLikePil(row, 7, 1).data]).toEqual([
      0, 31, 255, 39, 143, 108, 143, 162, 23, 255, 0, 128, 91, 25, 97, 4, 150, 48, 4, 255, 16,
    ]);
    const column: RgbImage = { width: 1, height: 5, data: ramp };
    expect([...resizeLikePil(column, 2, 3).data]).toEqual([
      39, 111, 148, 39, 111, 148, 178, 53, 86, 178, 53, 86, 14, 170, 45, 14, 170, 45,
    ]);
  });

  it('leaves a picture of the wanted size as it is', () => {
    fc.assert(
      fc.property(side, side, fc.nat(), (width, height, seed) => {
        const image = noise(width, height, seed);
        expect(resizeLikePil(image, width, height)).toEqual(image);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps a constant picture constant', () => {
    fc.assert(
      fc.property(sides, fc.integer({ min: 0, max: 255 }), ([width, height, toWidth, toHeight], value) => {
        const image = { width, height, data: new Uint8Array(width * height * 3).fill(value) };
        const out = resizeLikePil(image, toWidth, toHeight);
        expect(out.data).toEqual(new Uint8Array(toWidth * toHeight * 3).fill(value));
      }),
      { numRuns: 100 },
    );
  });

  it('is within one level of floating point on the same filter', () => {
    fc.assert(
      fc.property(sides, fc.nat(), ([width, height, toWidth, toHeight], seed) => {
        const image = noise(width, height, seed);
        const expected = slowResize(image, toWidth, toHeight);
        expectClose(resizeLikePil(image, toWidth, toHeight).data, expected.data, { absolute: 1, relative: 0 });
      }),
      { numRuns: 60 },
    );
  });

  it('treats rows and columns alike when one axis changes', () => {
    const image = noise(37, 23, 1);
    expect(transposed(resizeLikePil(image, 11, 23))).toEqual(resizeLikePil(transposed(image), 23, 11));
    expect(transposed(resizeLikePil(image, 91, 23))).toEqual(resizeLikePil(transposed(image), 23, 91));
  });

  it('keeps the channels apart', () => {
    const image = noise(29, 31, 2);
    const red = { ...image, data: image.data.map((value, i) => (i % 3 === 0 ? value : 0)) };
    const expected = resizeLikePil(image, 13, 17).data.map((value, i) => (i % 3 === 0 ? value : 0));
    expect(resizeLikePil(red, 13, 17).data).toEqual(expected);
  });

  it('reads a picture that is a window on a larger buffer', () => {
    const image = noise(10, 9, 3);
    const buffer = new Uint8Array(image.data.length + 1);
    buffer.set(image.data, 1);
    expect(resizeLikePil({ ...image, data: buffer.subarray(1) }, 4, 4)).toEqual(resizeLikePil(image, 4, 4));
  });

  it('refuses sizes that are no sizes, and data of another length', () => {
    const image = noise(4, 4, 4);
    for (const size of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => resizeLikePil(image, size, 4)).toThrow(expect.objectContaining({ code: 'IMAGE_SIZE' }));
      expect(() => resizeLikePil(image, 4, size)).toThrow(expect.objectContaining({ code: 'IMAGE_SIZE' }));
    }
    const short = { ...image, data: image.data.subarray(1) };
    expect(() => resizeLikePil(short, 2, 2)).toThrow(/expected .* width \* height \* 3 bytes, got 4 x 4 \(47 bytes\)/);
  });
});
