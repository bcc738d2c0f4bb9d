import type { LlamaConfig } from '../config.js';

const topNames: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};

const layerNames: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

/**
 * The Hugging Face name, which our graphs ask for, of a tensor that llama.cpp calls `name`. A name that is not known
 * stays as it is, so that a strict check reports the tensor.
 */
export function nameFromGguf(name: string): string {
  const [, layer, part] = /^blk\.(\d+)\.(\w+)\.weight$/.exec(name) ?? [];
  const known = part !== undefined && Object.hasOwn(layerNames, part) ? layerNames[part] : undefined;
  if (known !== undefined) return `model.layers.${layer}.${known}.weight`;
  return Object.hasOwn(topNames, name) ? topNames[name]! : name;
}

/**
 * For a tensor under its Hugging Face name: the row of the GGUF file that each of its rows is; undefined where both
 * have the same order. llama.cpp turns neighbouring pairs of a query or key by its position, Hugging Face an element of
 * the first half of a head with one of the second; files of architecture `llama` have the rows of both in the former
 * order (`LlamaModel.permute` of its convert_hf_to_gguf.py).
 */
export function rowOrderOfGguf(name: string, { heads, kvHeads, headSize }: LlamaConfig): number[] | undefined {
  const part = /\.self_attn\.([qk])_proj\.weight$/.exec(name)?.[1];
  if (part === undefined) return undefined;
  const half = headSize / 2;
  return Array.from({ length: (part === 'q' ? heads : kvHeads) * headSize }, (_, row) => {
    const within = row % headSize;
    return row - within + (within < half ? 2 * within : 2 * (within - half) + 1);
  });
}
