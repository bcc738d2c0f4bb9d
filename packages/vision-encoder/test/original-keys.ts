/** The keys of `eva_vit_g.pth` that MiniGPT-4 uses, with their shapes: the list of the original file, written out. */
export function originalKeys(): Record<string, number[]> {
  const keys: Record<string, number[]> = {
    cls_token: [1, 1, 1408],
    pos_embed: [1, 257, 1408],
    'patch_embed.proj.weight': [1408, 3, 14, 14],
    'patch_embed.proj.bias': [1408],
  };
  for (let i = 0; i < 39; i++) {
    const vectors = ['norm1.weight', 'norm1.bias', 'norm2.weight', 'norm2.bias', 'attn.q_bias', 'attn.v_bias'];
    for (const name of [...vectors, 'attn.proj.bias', 'mlp.fc2.bias']) keys[`blocks.${i}.${name}`] = [1408];
    keys[`blocks.${i}.attn.qkv.weight`] = [4224, 1408];
    keys[`blocks.${i}.attn.proj.weight`] = [1408, 1408];
    keys[`blocks.${i}.mlp.fc1.weight`] = [6144, 1408];
    keys[`blocks.${i}.mlp.fc1.bias`] = [6144];
    keys[`blocks.${i}.mlp.fc2.weight`] = [1408, 6144];
  }
  return keys;
}
