import type { RgbImage } from './decode-image.js';
import { resizeLikePil } from './resize-like-pil.js';

/** What pixels become before the vision encoder. */
export interface PreprocessConfig {
  /** Side of the square the picture is squashed to, in pixels. */
  readonly size: number;
  /** Red, green and blue, on a scale where white is 1. */
  readonly mean: readonly [number, number, number];
  /** Red, green and blue, on a scale where white is 1. */
  readonly std: readonly [number, number, number];
}

/** Preprocessing of EVA-CLIP ViT-g/14: 224 pixels, CLIP's mean and deviation. */
export const clipPreprocess: PreprocessConfig = {
  size: 224,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/**
 * RGB pixels as the vision encoder takes them: (3, size, size) float32, squashed to a square by {@link resizeLikePil}, then
 * `(value / 255 - mean) / std`, each step in float32 as torchvision's `ToTensor` and `Normalize`.
 * Follows `BlipImageEvalProcessor` (processors/blip_processors.py).
 *
 * @throws `IMAGE_SIZE` as {@link resizeLikePil} does.
 */
export function preprocess(image: RgbImage, { size, mean, std }: PreprocessConfig): Float32Array {
  const { data } = resizeLikePil(image, size, size);
  const plane = size * size;
  const out = new Float32Array(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const [shift, scale] = [Math.fround(mean[channel]!), Math.fround(std[channel]!)];
    const levels = Float32Array.from(
      { length: 256 },
      (_, level) => Math.fround(Math.fround(level / 255) - shift) / scale,
    );
    for (let pixel = 0; pixel < plane; pixel++) out[channel * plane + pixel] = levels[data[pixel * 3 + channel]!]!;
  }
  return out;
}
