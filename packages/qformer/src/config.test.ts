import { describe, expect, it } from 'vitest';
import { blip2QFormer, readQFormerConfig } from './config.js';

/** The original's BERT configuration with the keys that BLIP-2 adds. */
const json = {
  query_length: 32,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  cross_attention_freq: 2,
  encoder_width: 1408,
  layer_norm_eps: 1e-12,
};

describe('readQFormerConfig', () => {
  it("reads BLIP-2's sizes and ignores keys it does not know", () => {
    expect(readQFormerConfig({ ...json, vocab_size: 30522, hidden_act: 'gelu' })).toEqual(blip2QFormer);
  });

  it.each(Object.keys(json))('names "%s" when it is missing', key => {
    expect(() => readQFormerConfig({ ...json, [key]: undefined })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(
          `^Q-Former configuration: "${key}" is not usable, expected a positive .*, got undefined`,
        ),
      }),
    );
  });

  it.each([0, -2, 2.5, '2', null, []])('refuses a frequency of %o', frequency => {
    expect(() => readQFormerConfig({ ...json, cross_attention_freq: frequency })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('a positive integer, got') }),
    );
  });

  it.each([0, -1e-12, '1e-12'])('refuses an epsilon of %o', epsilon => {
    expect(() => readQFormerConfig({ ...json, layer_norm_eps: epsilon })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('a positive number, got') }),
    );
  });
});
