/** The keys of the BLIP-2 file that MiniGPT-4's Q-Former uses, with their shapes: the list of the original file, written out. */
export function originalKeys(): Record<string, number[]> {
  const keys: Record<string, number[]> = {
    query_tokens: [1, 32, 768],
    'Qformer.bert.embeddings.LayerNorm.weight': [768],
    'Qformer.bert.embeddings.LayerNorm.bias': [768],
  };
  for (let i = 0; i < 12; i++) {
    const blocks = { attention: 768, ...(i % 2 === 0 ? { crossattention: 1408 } : {}) };
    for (const [block, width] of Object.entries(blocks)) {
      const scope = `Qformer.bert.encoder.layer.${i}.${block}`;
      keys[`${scope}.self.query.weight`] = [768, 768];
      keys[`${scope}.self.key.weight`] = [768, width];
      keys[`${scope}.self.value.weight`] = [768, width];
      for (const name of ['query', 'key', 'value']) keys[`${scope}.self.${name}.bias`] = [768];
      keys[`${scope}.output.dense.weight`] = [768, 768];
      keys[`${scope}.output.dense.bias`] = [768];
      keys[`${scope}.output.LayerNorm.weight`] = [768];
      keys[`${scope}.output.LayerNorm.bias`] = [768];
    }
    const scope = `Qformer.bert.encoder.layer.${i}`;
    keys[`${scope}.intermediate_query.dense.weight`] = [3072, 768];
    keys[`${scope}.intermediate_query.dense.bias`] = [3072];
    keys[`${scope}.output_query.dense.weight`] = [768, 3072];
    keys[`${scope}.output_query.dense.bias`] = [768];
    keys[`${scope}.output_query.LayerNorm.weight`] = [768];
    keys[`${scope}.output_query.LayerNorm.bias`] = [768];
  }
  return keys;
}
