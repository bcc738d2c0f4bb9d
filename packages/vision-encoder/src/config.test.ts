import { describe, expect, it } from 'vitest';
import { evaClipViTg14, readEvaViTConfig, visionTokens } from './config.js';

/** `create_eva_vit_g` of the original as JSON. */
const json = {
  img_size: 224,
  patch_size: 14,
  embed_dim: 1408,
  depth: 39,
  num_heads: 16,
  mlp_ratio: 4.3637,
  layer_norm_eps: 1e-6,
};

describe('readEvaViTConfig', () => {
  it('reads the sizes of ViT-g/14 and ignores keys it does not know', () => {
    expect(readEvaViTConfig({ ...json, drop_path_rate: 0.4, qkv_bias: true }, { eps: 1e-5, bias: 7 })).toEqual(
      evaClipViTg14,
    );
  });

  it('cuts the fraction of the feed-forward width off, as the original does', () => {
    expect(1408 * 4.3637).toBeGreaterThan(6144);
    expect(readEvaViTConfig({ ...json, embed_dim: 32 }, { eps: 1 }).mlpWidth).toBe(139);
  });

  it.each(Object.keys(json))('names "%s" when it is missing', key => {
    expect(() => readEvaViTConfig({ ...json, [key]: undefined }, { eps: 1e-5 })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(
          `^vision configuration: "${key}" is not usable, expected a positive .*, got undefined`,
        ),
      }),
    );
  });

  it('names "eps" when the part of ln_vision lacks it', () => {
    expect(() => readEvaViTConfig(json, {})).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('"eps"') }),
    );
  });

  it.each([0, -1, 1.5, '39', null, Number.POSITIVE_INFINITY])('refuses a depth of %o', depth => {
    expect(() => readEvaViTConfig({ ...json, depth }, { eps: 1e-5 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('a positive integer, got') }),
    );
  });

  it.each([0, -1e-6, '1e-6', Number.NaN])('refuses an epsilon of %o', epsilon => {
    expect(() => readEvaViTConfig({ ...json, layer_norm_eps: epsilon }, { eps: 1e-5 })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('"layer_norm_eps"') }),
    );
  });
});

describe('visionTokens', () => {
  it('counts the class token and the patches', () => {
    expect(visionTokens(evaClipViTg14)).toBe(257);
    expect(visionTokens({ ...evaClipViTg14, imageSize: 448 })).toBe(1025);
  });
});
