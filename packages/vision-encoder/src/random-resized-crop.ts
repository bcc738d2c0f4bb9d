import type { Random } from '@minigpt4/core';
import type { RgbImage } from './decode-image.js';
import { resizeLikePil } from './resize-like-pil.js';

const areaScale = [0.5, 1] as const;
const aspectRatio = [3 / 4, 4 / 3] as const;
const tries = 10;

interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function between(random: Random, [low, high]: readonly [number, number]): number {
  return low + (high - low) * random.uniform();
}

/** The whole picture, or its middle where it is longer than the widest allowed ratio. */
function centralCrop({ width, height }: RgbImage): Crop {
  const cropWidth = Math.min(width, Math.round(height * aspectRatio[1]));
  const cropHeight = Math.min(height, Math.round(width / aspectRatio[0]));
  return {
    left: Math.floor((width - cropWidth) / 2),
    top: Math.floor((height - cropHeight) / 2),
    width: cropWidth,
    height: cropHeight,
  };
}

function randomCrop(image: RgbImage, random: Random): Crop {
  for (let attempt = 0; attempt < tries; attempt++) {
    const area = image.width * image.height * between(random, areaScale);
    const ratio = Math.exp(between(random, [Math.log(aspectRatio[0]), Math.log(aspectRatio[1])]));
    const width = Math.round(Math.sqrt(area * ratio));
    const height = Math.round(Math.sqrt(area / ratio));
    if (width < 1 || height < 1 || width > image.width || height > image.height) continue;
    const top = random.integer(image.height - height + 1);
    return { left: random.integer(image.width - width + 1), top, width, height };
  }
  return centralCrop(image);
}

function cropped(image: RgbImage, { left, top, width, height }: Crop): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(start, start + width * 3), y * width * 3);
  }
  return { width, height, data };
}

/**
 * A random part of a picture at `size` x `size` pixels: between half and all of its area, aspect ratio between 3/4 and 4/3
 * (evenly in its logarithm); after ten parts that do not fit, the middle. The training augmentation of MiniGPT-4's first version,
 * torchvision's `RandomResizedCrop(size, scale=(0.5, 1), interpolation=BICUBIC)`, though not its stream of random numbers.
 *
 * @throws `IMAGE_SIZE` as {@link resizeLikePil} does.
 */
export function randomResizedCrop(image: RgbImage, size: number, random: Random): RgbImage {
  return resizeLikePil(cropped(image, randomCrop(image, random)), size, size);
}
