import { describe, expect, it } from 'vitest';
import { readLlamaConfig, vicuna13b, vicuna7b } from './config.js';

/** The configuration file of Vicuna-7B v0, with its keys for other software. */
const json = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_act: 'silu',
  hidden_size: 4096,
  intermediate_size: 11008,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  vocab_size: 32001,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 2048,
  tie_word_embeddings: false,
  bos_token_id: 0,
  torch_dtype: 'float16',
};

const refusal = (key: string, message = '') =>
  expect.objectContaining({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(`^language model configuration: "${key}" is not usable, expected .*${message}`),
  });

describe('readLlamaConfig', () => {
  it("reads Vicuna's sizes and ignores keys it does not know", () => {
    expect(readLlamaConfig(json)).toEqual(vicuna7b);
    const larger = { hidden_size: 5120, intermediate_size: 13824, num_hidden_layers: 40, num_attention_heads: 40 };
    expect(readLlamaConfig({ ...json, ...larger })).toEqual(vicuna13b);
  });

  it('reads grouped heads of a size of their own and a tied head', () => {
    const grouped = { num_attention_heads: 9, num_key_value_heads: 3, hidden_size: 576, head_dim: 80 };
    expect(readLlamaConfig({ ...json, ...grouped, tie_word_embeddings: true })).toMatchObject({
      width: 576,
      heads: 9,
      kvHeads: 3,
      headSize: 80,
      tiedHead: true,
    });
  });

  it('takes null for an absent key, as the library writes it', () => {
    const nulls = { num_key_value_heads: null, head_dim: null, rope_theta: null, rope_scaling: null };
    expect(readLlamaConfig({ ...json, ...nulls })).toEqual(vicuna7b);
  });

  it('reads the rotary base where older and where newer files have it', () => {
    expect(readLlamaConfig({ ...json, rope_theta: 500000 }).ropeTheta).toBe(500000);
    const parameters = { rope_type: 'default', rope_theta: 250000 };
    expect(readLlamaConfig({ ...json, rope_parameters: parameters }).ropeTheta).toBe(250000);
  });

  it.each([
    ['rope_scaling', { type: 'linear', factor: 2 }],
    ['rope_scaling', { rope_type: 'llama3', factor: 8 }],
    ['rope_parameters', { rope_type: 'yarn', rope_theta: 10000 }],
  ])('refuses stretched positions: %s %o', (key, value) => {
    expect(() => readLlamaConfig({ ...json, [key]: value })).toThrow(refusal(key, 'the default kind'));
  });

  it.each([
    ['model_type', 'mixtral'],
    ['hidden_act', 'gelu'],
    ['attention_bias', true],
    ['mlp_bias', true],
  ])('refuses another kind of model: %s %o', (key, value) => {
    expect(() => readLlamaConfig({ ...json, [key]: value })).toThrow(refusal(key, `got ${JSON.stringify(value)}`));
  });

  const required = ['hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads', 'vocab_size'];

  it.each(required)('names "%s" when it is missing', key => {
    expect(() => readLlamaConfig({ ...json, [key]: undefined })).toThrow(
      refusal(key, 'a positive integer, got undefined'),
    );
  });

  it.each([0, -1, 1.5, '32', Number.POSITIVE_INFINITY])('refuses %o layers', layers => {
    expect(() => readLlamaConfig({ ...json, num_hidden_layers: layers })).toThrow(refusal('num_hidden_layers'));
  });

  it('refuses heads that do not fit together', () => {
    expect(() => readLlamaConfig({ ...json, num_key_value_heads: 5 })).toThrow(
      refusal('num_key_value_heads', 'a divisor of 32, got 5'),
    );
    expect(() => readLlamaConfig({ ...json, num_attention_heads: 3 })).toThrow(
      refusal('head_dim', 'a positive integer'),
    );
    expect(() => readLlamaConfig({ ...json, head_dim: 127 })).toThrow(refusal('head_dim', 'an even number'));
    expect(() => readLlamaConfig({ ...json, rope_theta: -1 })).toThrow(refusal('rope_theta', 'a positive number'));
  });
});
