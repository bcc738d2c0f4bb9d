import type { LanguageModel } from '@minigpt4/llm-vicuna';
import { preprocess, type RgbImage } from '@minigpt4/vision-encoder';
import type { ImageEncoder } from './sessions/image-encoder.js';
import type { LanguagePaths } from './sessions/language-paths.js';

/**
 * What stands between a picture and the language model: ViT, Q-Former and projection together, or anything else with
 * this face. How pixels are prepared is its own affair.
 */
export interface PictureEncoder {
  /**
   * What the language model reads in the place of each picture, in their order: embeddings (tokens, width of the
   * language model) one after another. Pictures may differ in tokens.
   */
  encode(pictures: readonly RgbImage[]): Promise<readonly Float32Array[]>;
  /** Frees its memory; called when the model that it is part of is disposed. May be absent. */
  dispose?(): Promise<void>;
}

/** A language model as a part of {@link MiniGPT4}, which disposes it where it can be disposed. */
export type LanguagePart = LanguageModel & {
  /** How the model's own computes; `loadMiniGPT4` takes it as the option of this name, to compute the same again. */
  readonly paths?: LanguagePaths;
  dispose?(): Promise<void>;
};

/** The original's way of a picture: squashed to a square and normalised, then all stages in one run for all pictures. */
export function originalPictureEncoder(encoder: ImageEncoder): PictureEncoder {
  return {
    async encode(pictures) {
      const planes = pictures.map(picture => preprocess(picture, encoder.config.image));
      const [first] = planes;
      const pixels = planes.length === 1 ? first! : new Float32Array(planes.length * first!.length);
      if (planes.length > 1) planes.forEach((plane, i) => pixels.set(plane, i * plane.length));
      const data = await encoder.encode(pixels, planes.length);
      const size = data.length / planes.length;
      return planes.map((_, i) => data.slice(i * size, (i + 1) * size));
    },
    dispose: () => encoder.dispose(),
  };
}
