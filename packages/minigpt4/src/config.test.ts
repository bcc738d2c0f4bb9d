import { vicuna7b } from '@minigpt4/llm-vicuna';
import { blip2QFormer } from '@minigpt4/qformer';
import { clipPreprocess, evaClipViTg14 } from '@minigpt4/vision-encoder';
import { describe, expect, it } from 'vitest';
import { tinyConfig, withoutQFormer } from '../test/tiny-config.js';
import { checkWidths, imageTokens, projectionInputWidth, type MiniGPT4Config } from './config.js';

const original: MiniGPT4Config & { readonly qformer: object } = {
  ...tinyConfig,
  vision: evaClipViTg14,
  qformer: blip2QFormer,
  llm: vicuna7b,
  image: clipPreprocess,
};
const { qformer: _, ...llama2 } = original;

describe('imageTokens and projectionInputWidth', () => {
  it('are the 32 queries of 768 with a Q-Former', () => {
    expect([imageTokens(original), projectionInputWidth(original)]).toEqual([32, 768]);
  });

  it('are 64 times four patches without', () => {
    expect([imageTokens(llama2), projectionInputWidth(llama2)]).toEqual([64, 5632]);
  });
});

describe('checkWidths', () => {
  it.each([original, llama2, tinyConfig, withoutQFormer])('accepts parts that fit', config => {
    expect(() => checkWidths(config)).not.toThrow();
  });

  it.each<[string, MiniGPT4Config, string]>([
    [
      'another encoder_width',
      { ...tinyConfig, qformer: { ...tinyConfig.qformer, encoderWidth: 13 } },
      'encoder_width must be equal, expected 12, got 13',
    ],
    [
      'another size of pictures',
      { ...tinyConfig, image: { ...tinyConfig.image, size: 9 } },
      'img_size .* expected 8, got 9',
    ],
    [
      'patches that do not fill the picture',
      { ...tinyConfig, vision: { ...tinyConfig.vision, patchSize: 3 } },
      'patch_size .* a divisor of 8, got 3',
    ],
    [
      'vision heads that do not divide',
      { ...tinyConfig, vision: { ...tinyConfig.vision, heads: 5 } },
      'num_heads must divide embed_dim, .* 12, got 5',
    ],
    [
      'Q-Former heads that do not divide',
      { ...tinyConfig, qformer: { ...tinyConfig.qformer, heads: 3 } },
      'hidden_size, .* 8, got 3',
    ],
    [
      'patches that four does not divide',
      { ...withoutQFormer, vision: { ...tinyConfig.vision, imageSize: 6 }, image: { ...tinyConfig.image, size: 6 } },
      'divisor of 9, got 4',
    ],
    [
      'key heads that do not divide',
      { ...tinyConfig, llm: { ...tinyConfig.llm, kvHeads: 3 } },
      'num_key_value_heads .* 4, got 3',
    ],
  ])('refuses %s', (__, config, message) => {
    expect(() => checkWidths(config)).toThrow(
      expect.objectContaining({ code: 'CONFIG_MISMATCH', message: expect.stringMatching(message) }),
    );
  });
});
