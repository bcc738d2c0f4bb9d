import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import type { HostTensor } from '@minigpt4/core';
import { weightsDirectory } from '@minigpt4/tiny';
import { writeGguf, type WrittenValue } from './write-gguf.js';

/** Sizes of the tiny language model. */
const sizes = { width: 256, heads: 4 };

/** A chat template that shows all it is given. */
export const chatTemplate =
  "{{ bos_token }}{% for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

interface TokenizerFile {
  readonly model: {
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [string, string])[];
  };
}

/** Writes the tiny language model as llama.cpp would: its names, its order of rows, its metadata. */
export async function writeTinyGguf(path: string, changes: Readonly<Record<string, WrittenValue>> = {}): Promise<void> {
  await using weights = await openCheckpoint(join(weightsDirectory(), 'llm'));
  const tensors: Record<string, HostTensor> = {};
  for (const name of weights.names()) {
    const tensor = await weights.read(name);
    tensors[ggufName(name)] = /self_attn\.[qk]_proj/.test(name) ? permuted(tensor) : tensor;
  }
  await writeGguf(path, { ...(await metadata()), ...changes }, tensors);
}

function ggufName(name: string): string {
  return name
    .replace('model.embed_tokens', 'token_embd')
    .replace('model.norm', 'output_norm')
    .replace('lm_head', 'output')
    .replace('model.layers.', 'blk.')
    .replace('input_layernorm', 'attn_norm')
    .replace('post_attention_layernorm', 'ffn_norm')
    .replace(/self_attn\.([qkv])_proj/, 'attn_$1')
    .replace('self_attn.o_proj', 'attn_output')
    .replace(/mlp\.(\w+)_proj/, 'ffn_$1');
}

/** A head's two halves, row by row in turn. */
function permuted({ dtype, shape, data }: HostTensor): HostTensor {
  const { width, heads } = sizes;
  const headSize = width / heads;
  const rows = Array.from({ length: width }, (_, row) => {
    const within = row % headSize;
    const source = row - within + (within % 2) * (headSize / 2) + Math.floor(within / 2);
    return data.subarray(source * width, (source + 1) * width) as Uint16Array;
  });
  return { dtype, shape, data: Uint16Array.from(rows.flatMap(row => [...row])) };
}

async function metadata(): Promise<Record<string, WrittenValue>> {
  const file = JSON.parse(await readFile(join(weightsDirectory(), 'llm/tokenizer.json'), 'utf8')) as TokenizerFile;
  const { vocab, merges } = file.model;
  const tokens = Object.keys(vocab).toSorted((a, b) => vocab[a]! - vocab[b]!);
  const ranks = new Map(merges.map(([left, right], rank) => [left + right, rank]));
  return {
    'general.architecture': 'llama',
    'llama.embedding_length': sizes.width,
    'llama.feed_forward_length': 704,
    'llama.block_count': 4,
    'llama.attention.head_count': sizes.heads,
    'llama.attention.layer_norm_rms_epsilon': 1e-6,
    'llama.context_length': 512,
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.scores': tokens.map(token => -(ranks.get(token) ?? 1e6)),
    'tokenizer.ggml.token_type': tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1)),
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
    'tokenizer.chat_template': chatTemplate,
  };
}
