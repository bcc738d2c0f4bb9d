import type { RgbImage } from 'minigpt4';

const side = 224;

/** A picture of stripes. */
export const stripes: RgbImage = {
  width: side,
  height: side,
  data: Uint8Array.from({ length: 3 * side * side }, (_, i) => (i % 96) * 2),
};
