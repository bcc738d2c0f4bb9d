import { MiniGPT4Error } from '@minigpt4/core';

/** Sizes of an EVA vision transformer, under the names of the model's own configuration file. */
export interface EvaViTConfig {
  /** Height and width of the input in pixels. */
  readonly imageSize: number;
  /** Height and width of a patch in pixels. */
  readonly patchSize: number;
  /** Width of a token. */
  readonly width: number;
  /** Number of blocks. */
  readonly depth: number;
  readonly heads: number;
  /** Width of the feed-forward layer. */
  readonly mlpWidth: number;
  /** Epsilon of the normalisations inside the blocks. */
  readonly layerNormEpsilon: number;
  /** Epsilon of `ln_vision`, the normalisation after the last block, which belongs to the BLIP-2 checkpoint. */
  readonly lnVisionEpsilon: number;
}

/** EVA-CLIP ViT-g/14 as MiniGPT-4 uses it: 39 of its 40 blocks, 224 pixels (`eva_vit.py`, `create_eva_vit_g`). */
export const evaClipViTg14: EvaViTConfig = {
  imageSize: 224,
  patchSize: 14,
  width: 1408,
  depth: 39,
  heads: 16,
  mlpWidth: 6144,
  layerNormEpsilon: 1e-6,
  lnVisionEpsilon: 1e-5,
};

/** Tokens that come out: the class token and one for each patch. */
export function visionTokens({ imageSize, patchSize }: EvaViTConfig): number {
  return 1 + (imageSize / patchSize) ** 2;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the `vision` and `ln_vision` parts of a model's `config.json`; unknown keys are ignored.
 *
 * @throws `CONFIG_INVALID` naming the key
 */
export function readEvaViTConfig(vision: Json, lnVision: Json): EvaViTConfig {
  const positive = (from: Json, key: string, expected: string) => {
    const value = from[key];
    const fits = expected === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (fits && (value as number) > 0) return value as number;
    throw new MiniGPT4Error(
      'CONFIG_INVALID',
      `vision configuration: "${key}" is not usable, expected a positive ${expected}, got ${JSON.stringify(value)}. Correct config.json.`,
    );
  };
  const size = (key: string) => positive(vision, key, 'integer');
  const number = (key: string, from = vision) => positive(from, key, 'number');
  const width = size('embed_dim');
  return {
    imageSize: size('img_size'),
    patchSize: size('patch_size'),
    width,
    depth: size('depth'),
    heads: size('num_heads'),
    mlpWidth: Math.floor(width * number('mlp_ratio')),
    layerNormEpsilon: number('layer_norm_eps'),
    lnVisionEpsilon: number('eps', lnVision),
  };
}
