import { Params } from '@minigpt4/nn';
import { describe, expect, it } from 'vitest';
import { evaClipViTg14 } from './config.js';
import { evaViT } from './eva-vit.js';
import { originalKeys } from '../test/original-keys.js';
import { unusedVisionWeights, visionWeightsFromHuggingFace } from './weights.js';

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

/** What Hugging Face's BLIP-2 calls the tensor that holds this one of the original. */
function huggingFaceName(original: string): string {
  const inBlock = /^blocks\.(\d+)\.(.*)$/.exec(original);
  if (inBlock === null) {
    const embeddings = { cls_token: 'class_embedding', pos_embed: 'position_embedding' };
    const own = Object.entries(embeddings).find(([name]) => name === original)?.[1];
    return `vision_model.embeddings.${own ?? original.replace('patch_embed.proj', 'patch_embedding')}`;
  }
  const part = inBlock[2]!
    .replace(/^norm/, 'layer_norm')
    .replace(/^attn\.[qv]_bias/, 'attn.qkv.bias')
    .replace('attn.proj', 'attn.projection')
    .replace(/^attn/, 'self_attn');
  return `vision_model.encoder.layers.${inBlock[1]}.${part}`;
}

describe('visionWeightsFromHuggingFace', () => {
  it.each([
    ['embeddings.class_embedding', [{ name: 'cls_token' }]],
    ['embeddings.patch_embedding.bias', [{ name: 'patch_embed.proj.bias' }]],
    ['encoder.layers.38.layer_norm2.weight', [{ name: 'blocks.38.norm2.weight' }]],
    ['encoder.layers.0.self_attn.qkv.weight', [{ name: 'blocks.0.attn.qkv.weight' }]],
    ['encoder.layers.7.self_attn.projection.bias', [{ name: 'blocks.7.attn.proj.bias' }]],
    [
      'encoder.layers.10.self_attn.qkv.bias',
      [
        { name: 'blocks.10.attn.q_bias', third: 0 },
        { name: 'blocks.10.attn.v_bias', third: 2 },
      ],
    ],
  ])('finds the original in vision_model.%s', (name, parts) => {
    expect(visionWeightsFromHuggingFace(`vision_model.${name}`)).toEqual(parts);
  });

  it("finds every one of the original's 511 tensors, each once", () => {
    const used = Object.keys(originalKeys());
    const names = new Set(used.map(huggingFaceName));
    expect(used).toHaveLength(511);
    expect(names.size).toBe(511 - 39);
    const found = [...names].flatMap(visionWeightsFromHuggingFace).map(({ name }) => name);
    expect(found.toSorted()).toEqual(used.toSorted());
  });

  it.each([
    'vision_model.post_layernorm.weight',
    'vision_model.encoder.layers.0.self_attn.rotary.weight',
    'vision_model.embeddings.constructor',
    'qformer.layernorm.weight',
    'embeddings.class_embedding',
    'query_tokens',
  ])('leaves out %s', name => {
    expect(visionWeightsFromHuggingFace(name)).toEqual([]);
  });
});

describe('evaViT of the released sizes', () => {
  it('asks for the tensors of the released file, name by name and shape by shape', () => {
    const params = Params.root();
    evaViT({ vision: params, lnVision: params.at('ln_vision') }, evaClipViTg14);
    const asked = Object.fromEntries(params.manifest().map(({ name, shape }) => [name, shape]));
    expect(asked).toEqual({ ...originalKeys(), 'ln_vision.weight': [1408], 'ln_vision.bias': [1408] });
  });
});
