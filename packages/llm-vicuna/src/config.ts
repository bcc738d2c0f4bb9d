import { MiniGPT4Error } from '@minigpt4/core';

/** Sizes of a LLaMA-family language model. */
export interface LlamaConfig {
  readonly width: number;
  /** Width of the feed-forward layer. */
  readonly intermediateWidth: number;
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and values; fewer than `heads` for grouped-query attention. */
  readonly kvHeads: number;
  readonly headSize: number;
  readonly vocabularySize: number;
  readonly rmsNormEpsilon: number;
  /** Base of the rotary wave lengths. */
  readonly ropeTheta: number;
  /** Positions the model knows. */
  readonly maxPositions: number;
  /** Whether the head is the table of word embeddings. */
  readonly tiedHead: boolean;
}

/** Vicuna-7B v0: LLaMA-7B with one more row for a padding token. */
export const vicuna7b: LlamaConfig = {
  width: 4096,
  intermediateWidth: 11008,
  layers: 32,
  heads: 32,
  kvHeads: 32,
  headSize: 128,
  vocabularySize: 32001,
  rmsNormEpsilon: 1e-6,
  ropeTheta: 10000,
  maxPositions: 2048,
  tiedHead: false,
};

/** Vicuna-13B v0. */
export const vicuna13b: LlamaConfig = {
  ...vicuna7b,
  width: 5120,
  intermediateWidth: 13824,
  layers: 40,
  heads: 40,
  kvHeads: 40,
};

function invalid(key: string, expected: string, got: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'CONFIG_INVALID',
    `language model configuration: "${key}" is not usable, expected ${expected}, got ${JSON.stringify(got)}. Use a LLaMA-family config.json.`,
  );
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a Hugging Face LLaMA `config.json`; unknown keys are ignored, kinds of model that this one is not are refused.
 *
 * @throws `CONFIG_INVALID` naming the key
 */
export function readLlamaConfig(json: Json): LlamaConfig {
  refuseOtherKinds(json);
  const size = (key: string, fallback?: number) => positive(key, 'integer', json[key] ?? fallback);
  const width = size('hidden_size');
  const heads = size('num_attention_heads');
  const kvHeads = size('num_key_value_heads', heads);
  if (heads % kvHeads !== 0) throw invalid('num_key_value_heads', `a divisor of ${heads}`, kvHeads);
  const headSize = size('head_dim', width / heads);
  if (headSize % 2 !== 0) throw invalid('head_dim', 'an even number, because rotary positions turn pairs', headSize);
  return {
    width,
    intermediateWidth: size('intermediate_size'),
    layers: size('num_hidden_layers'),
    heads,
    kvHeads,
    headSize,
    vocabularySize: size('vocab_size'),
    rmsNormEpsilon: positive('rms_norm_eps', 'number', json.rms_norm_eps ?? 1e-6),
    ropeTheta: positive('rope_theta', 'number', readRopeTheta(json) ?? 10000),
    maxPositions: size('max_position_embeddings', 2048),
    tiedHead: json.tie_word_embeddings === true,
  };
}

function positive(key: string, expected: 'integer' | 'number', value: unknown): number {
  const fits = expected === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (fits && (value as number) > 0) return value as number;
  throw invalid(key, `a positive ${expected}`, value);
}

function refuseOtherKinds(json: Json): void {
  const kind = { model_type: 'llama', hidden_act: 'silu', attention_bias: false, mlp_bias: false };
  for (const [key, expected] of Object.entries(kind)) {
    if ((json[key] ?? expected) !== expected) throw invalid(key, JSON.stringify(expected), json[key]);
  }
}

/** Older files have `rope_theta`, and `rope_scaling` where positions are stretched; newer ones `rope_parameters` for both. */
function readRopeTheta(json: Json): unknown {
  const { rope_scaling: scaling, rope_parameters: parameters } = json;
  for (const [key, value] of Object.entries({ rope_scaling: scaling, rope_parameters: parameters })) {
    const rope = (value ?? {}) as Json;
    if ((rope.rope_type ?? rope.type ?? 'default') !== 'default') throw invalid(key, 'the default kind', value);
  }
  return (parameters as Json | undefined)?.rope_theta ?? json.rope_theta;
}
