import type { EvaViTConfig } from './config.js';

/**
 * Tensors of `eva_vit_g.pth` that MiniGPT-4 leaves unused: the block after the last used one, the final normalisation
 * and the head (`eva_vit.py`, `create_eva_vit_g`).
 */
export function unusedVisionWeights({ depth }: EvaViTConfig): RegExp[] {
  return [new RegExp(`^blocks\\.${depth}\\.`), /^norm\./, /^fc_norm\./, /^head\./];
}

/** A tensor of the original that lies inside one of a Hugging Face checkpoint. */
export interface VisionWeightPart {
  /** The original's name. */
  readonly name: string;
  /** Which third of the other tensor's rows it is, counted from 0. Absent for the whole tensor. */
  readonly third?: 0 | 2;
}

const topNames: Readonly<Record<string, string>> = {
  'embeddings.class_embedding': 'cls_token',
  'embeddings.position_embedding': 'pos_embed',
  'embeddings.patch_embedding.weight': 'patch_embed.proj.weight',
  'embeddings.patch_embedding.bias': 'patch_embed.proj.bias',
};

const blockNames: Readonly<Record<string, string>> = {
  layer_norm1: 'norm1',
  layer_norm2: 'norm2',
  'self_attn.qkv': 'attn.qkv',
  'self_attn.projection': 'attn.proj',
  'mlp.fc1': 'mlp.fc1',
  'mlp.fc2': 'mlp.fc2',
};

/**
 * The tensors of `eva_vit_g.pth` that one tensor of a Hugging Face BLIP-2 checkpoint holds. It is one, except for the
 * bias of queries, keys and values: its outer thirds are `q_bias` and `v_bias`, and the keys' third is zero. None for
 * tensors of other parts, `ln_vision` among them.
 */
export function visionWeightsFromHuggingFace(name: string): readonly VisionWeightPart[] {
  const inside = /^vision_model\.(.*)$/.exec(name)?.[1] ?? '';
  if (Object.hasOwn(topNames, inside)) return [{ name: topNames[inside]! }];
  const [, block, part = '', kind] = /^encoder\.layers\.(\d+)\.(.*)\.(weight|bias)$/.exec(inside) ?? [];
  if (!Object.hasOwn(blockNames, part)) return [];
  const scope = `blocks.${block}`;
  if (part === 'self_attn.qkv' && kind === 'bias') {
    return [
      { name: `${scope}.attn.q_bias`, third: 0 },
      { name: `${scope}.attn.v_bias`, third: 2 },
    ];
  }
  return [{ name: `${scope}.${blockNames[part]}.${kind}` }];
}
