import { MiniGPT4Error } from '@minigpt4/core';

/** Sizes of a Q-Former. */
export interface QFormerConfig {
  /** Learned queries, and so tokens per image. */
  readonly queries: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of the feed-forward layer. */
  readonly intermediateWidth: number;
  /** Every how many layers one attends to the image, the first included. */
  readonly crossAttentionFrequency: number;
  /** Width of the image tokens. */
  readonly encoderWidth: number;
  readonly layerNormEpsilon: number;
}

/** BLIP-2's Q-Former: BERT-base sizes, 32 queries, cross-attention in layers 0, 2, … 10 (`minigpt4.py`, `Qformer.py`). */
export const blip2QFormer: QFormerConfig = {
  queries: 32,
  width: 768,
  layers: 12,
  heads: 12,
  intermediateWidth: 3072,
  crossAttentionFrequency: 2,
  encoderWidth: 1408,
  layerNormEpsilon: 1e-12,
};

/**
 * Reads the `qformer` part of a model's `config.json`; unknown keys are ignored.
 *
 * @throws `CONFIG_INVALID` naming the key
 */
export function readQFormerConfig(json: Readonly<Record<string, unknown>>): QFormerConfig {
  const positive = (key: string, expected: string) => {
    const value = json[key];
    const fits = expected === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (fits && (value as number) > 0) return value as number;
    throw new MiniGPT4Error(
      'CONFIG_INVALID',
      `Q-Former configuration: "${key}" is not usable, expected a positive ${expected}, got ${JSON.stringify(value)}. Correct config.json.`,
    );
  };
  const size = (key: string) => positive(key, 'integer');
  return {
    queries: size('query_length'),
    width: size('hidden_size'),
    layers: size('num_hidden_layers'),
    heads: size('num_attention_heads'),
    intermediateWidth: size('intermediate_size'),
    crossAttentionFrequency: size('cross_attention_freq'),
    encoderWidth: size('encoder_width'),
    layerNormEpsilon: positive('layer_norm_eps', 'number'),
  };
}
