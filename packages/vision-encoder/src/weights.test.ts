import { Params } from '@minigpt4/nn';
import { describe, expect, it } from 'vitest';
import { evaClipViTg14 } from './config.js';
import { evaViT } from './eva-vit.js';
import { unusedVisionWeights } from './weights.js';

describe('unusedVisionWeights', () => {
  const matches = (name: string, depth = evaClipViTg14.depth) =>
    unusedVisionWeights({ ...evaClipViTg14, depth }).some(pattern => pattern.test(name));

  it.each(['blocks.39.norm1.weight', 'blocks.39.attn.qkv.weight', 'norm.weight', 'fc_norm.bias', 'head.weight'])(
    'knows %s of the released file',
    name => {
      expect(matches(name)).toBe(true);
    },
  );

  it.each([
    'blocks.40.norm1.weight',
    'blocks.38.norm1.weight',
    'blocks.0.norm.weight',
    'mask_token',
    'ln_vision.weight',
  ])('does not excuse %s', name => {
    expect(matches(name)).toBe(false);
  });

  it('tells block 3 from block 30', () => {
    expect([matches('blocks.3.mlp.fc1.bias', 3), matches('blocks.30.mlp.fc1.bias', 3)]).toEqual([true, false]);
  });

  it('matches nothing that the encoder asks for', () => {
    const params = Params.root();
    evaViT({ vision: params, lnVision: params.at('ln_vision') }, evaClipViTg14);
    expect(params.manifest().filter(({ name }) => matches(name))).toEqual([]);
  });
});
