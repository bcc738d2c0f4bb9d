import { random, type Random } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import type { RgbImage } from './decode-image.js';
import { randomResizedCrop } from './random-resized-crop.js';
import { resizeLikePil } from './resize-like-pil.js';

function noise(width: number, height: number): RgbImage {
  const numbers = random(width * 1000 + height);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => numbers.integer(256)) };
}

function crop(image: RgbImage, box: { left: number; top: number; width: number; height: number }): RgbImage {
  const data = new Uint8Array(box.width * box.height * 3);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const x = box.left + (pixel % box.width);
    const y = box.top + Math.floor(pixel / box.width);
    data[i] = image.data[(y * image.width + x) * 3 + (i % 3)]!;
  }
  return { width: box.width, height: box.height, data };
}

/** Hands out the given uniform numbers in order, and integers as the given parts of their bound. */
function scripted(uniforms: number[], parts: number[] = []): Random & { left(): number } {
  return {
    ...random(0),
    uniform: () => uniforms.shift()!,
    integer: bound => Math.floor(parts.shift()! * bound),
    left: () => uniforms.length,
  };
}

describe('randomResizedCrop', () => {
  it('cuts the part that area, ratio and offsets say, then resizes it alone', () => {
    const image = noise(40, 30);
    // area 1200 · 0.75 = 900, ratio 1: 30 x 30; the top can only be 0, the left is half of 11
    const out = randomResizedCrop(image, 8, scripted([0.5, 0.5], [0, 0.5]));
    expect(out).toEqual(resizeLikePil(crop(image, { left: 5, top: 0, width: 30, height: 30 }), 8, 8));
  });

  it('draws the ratio evenly in its logarithm', () => {
    const image = noise(60, 60);
    // area 3600 · 0.5 = 1800, ratio (3/4)^(1/2) at a quarter of the way: 39.49 x 45.59
    const out = randomResizedCrop(image, 8, scripted([0, 0.25], [0.999, 0]));
    expect(out).toEqual(resizeLikePil(crop(image, { left: 0, top: 14, width: 39, height: 46 }), 8, 8));
  });

  it('tries again when the part is larger than the picture, ten times at most', () => {
    const image = noise(30, 30);
    const tooWide = [0.99, 0.99];
    const second = scripted([...tooWide, 0, 0.5], [0, 0]);
    // area 900 · 0.5 = 450: 21 x 21
    expect(randomResizedCrop(image, 6, second)).toEqual(
      resizeLikePil(crop(image, { left: 0, top: 0, width: 21, height: 21 }), 6, 6),
    );
    const never = scripted(Array.from({ length: 15 }, () => tooWide).flat());
    expect(randomResizedCrop(image, 6, never)).toEqual(resizeLikePil(image, 6, 6));
    expect(never.left()).toBe(10);
  });

  it.each([
    { name: 'wide', width: 90, height: 12, box: { left: 37, top: 0, width: 16, height: 12 } },
    { name: 'tall', width: 9, height: 100, box: { left: 0, top: 44, width: 9, height: 12 } },
  ])('falls back to the middle of a $name picture', ({ width, height, box }) => {
    const image = noise(width, height);
    const out = randomResizedCrop(image, 6, scripted(Array.from({ length: 20 }, () => 0.5)));
    expect(out).toEqual(resizeLikePil(crop(image, box), 6, 6));
  });

  it('gives the same part for the same seed and others for others, for any picture', () => {
    for (const [width, height] of [
      [1, 1],
      [1, 50],
      [50, 1],
      [64, 48],
    ] as const) {
      const image = noise(width, height);
      expect(randomResizedCrop(image, 7, random(3))).toEqual(randomResizedCrop(image, 7, random(3)));
      expect(randomResizedCrop(image, 7, random(3)).data).toHaveLength(147);
    }
    const image = noise(64, 48);
    expect(randomResizedCrop(image, 7, random(3))).not.toEqual(randomResizedCrop(image, 7, random(4)));
  });
});
