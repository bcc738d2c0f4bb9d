/** Tensors of a BLIP-2 checkpoint that MiniGPT-4 leaves unused: text embeddings, text feed-forward, heads. */
export const unusedQFormerWeights: readonly RegExp[] = [
  /^t5_proj\./,
  /^Qformer\.cls\./,
  /^Qformer\.bert\.embeddings\.(position_ids|word_embeddings|position_embeddings)/,
  /^Qformer\.bert\.encoder\.layer\.\d+\.(intermediate|output)\./,
];

/**
 * The original's name of a tensor of a Hugging Face BLIP-2 checkpoint, for everything that the original's BLIP-2 file
 * holds: queries, Q-Former and `ln_vision`. Undefined for tensors of other parts.
 */
export function renameFromHuggingFace(name: string): string | undefined {
  if (name === 'query_tokens' || name.startsWith('ln_vision.')) return name;
  const norm = /^vision_model\.post_layernorm\.(.*)$/.exec(name)?.[1];
  if (norm !== undefined) return `ln_vision.${norm}`;
  const inside = /^qformer\.(.*)$/.exec(name)?.[1];
  if (inside === undefined) return undefined;
  return `Qformer.bert.${inside
    .replace(/^layernorm\./, 'embeddings.LayerNorm.')
    .replace(/\.attention\.attention\./, '.attention.self.')
    .replace(/\.crossattention\.attention\./, '.crossattention.self.')}`;
}
