import type { EvaViTConfig } from './config.js';

/**
 * Tensors of `eva_vit_g.pth` that MiniGPT-4 leaves unused: the block after the last used one, the final normalisation
 * and the head (`eva_vit.py`, `create_eva_vit_g`).
 */
export function unusedVisionWeights({ depth }: EvaViTConfig): RegExp[] {
  return [new RegExp(`^blocks\\.${depth}\\.`), /^norm\./, /^fc_norm\./, /^head\./];
}
