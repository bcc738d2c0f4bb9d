import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors, writeTorchCheckpoint } from '@minigpt4/checkpoint';
import { elementCount, float32ToFloat16, hostTensor, random, type HostTensor } from '@minigpt4/core';
import { createTokenizer } from '../src/tokenizer/json-tokenizer.js';
import { toyTokenizerJson } from './toy-tokenizer.js';

/** Rows of the base: one for each piece of the toy tokenizer. */
export const toyRows = createTokenizer(toyTokenizerJson).vocabularySize;

/** A configuration as small as the shapes of LLaMA allow. */
export const toyConfig = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  vocab_size: toyRows,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 2048,
  bos_token_id: 0,
  eos_token_id: 1,
};

/** Random weights of {@link toyConfig}, in float16, and the buffer that old checkpoints hold. */
export function toyWeights(rows: number, scale: number, seed: number): Record<string, HostTensor> {
  const source = random(seed);
  const make = (...shape: number[]) => {
    const values = Float32Array.from({ length: elementCount(shape) }, () => scale * source.normal());
    return hostTensor('float16', shape, float32ToFloat16(values));
  };
  const tensors: Record<string, HostTensor> = { 'model.embed_tokens.weight': make(rows, 16) };
  for (const layer of [0, 1]) {
    const scope = `model.layers.${layer}`;
    for (const part of ['q', 'k', 'v', 'o']) tensors[`${scope}.self_attn.${part}_proj.weight`] = make(16, 16);
    for (const part of ['gate', 'up']) tensors[`${scope}.mlp.${part}_proj.weight`] = make(24, 16);
    tensors[`${scope}.mlp.down_proj.weight`] = make(16, 24);
    for (const norm of ['input_layernorm', 'post_attention_layernorm']) tensors[`${scope}.${norm}.weight`] = make(16);
    tensors[`${scope}.self_attn.rotary_emb.inv_freq`] = make(2);
  }
  return { ...tensors, 'model.norm.weight': make(16), 'lm_head.weight': make(rows, 16) };
}

/** How {@link writeFolder} writes. */
export interface FolderOptions {
  /** Changes to the configuration. Defaults to none. */
  readonly config?: object;
  /** Whether a tokenizer is written. Defaults to true. */
  readonly tokenizer?: boolean;
  /** Metadata of the safetensors files. Defaults to none. */
  readonly metadata?: Record<string, string>;
}

/** A Hugging Face directory in two shards: PyTorch's, with an index, as LLaMA and Vicuna were published. */
export async function writeFolder(
  directory: string,
  tensors: Readonly<Record<string, HostTensor>>,
  { config = {}, tokenizer = true, metadata }: FolderOptions = {},
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const rows = tensors['model.embed_tokens.weight']!.shape[0];
  await writeFile(join(directory, 'config.json'), JSON.stringify({ ...toyConfig, vocab_size: rows, ...config }));
  if (tokenizer) await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(toyTokenizerJson));
  if (metadata !== undefined) {
    await writeSafetensors(join(directory, 'model.safetensors'), tensors, metadata);
    return directory;
  }
  const names = Object.keys(tensors);
  const half = Math.ceil(names.length / 2);
  const shards = {
    'pytorch_model-00001-of-00002.bin': names.slice(0, half),
    'pytorch_model-00002-of-00002.bin': names.slice(half),
  };
  for (const [file, inside] of Object.entries(shards)) {
    await writeTorchCheckpoint(join(directory, file), {
      model: Object.fromEntries(inside.map(name => [name, tensors[name]!])),
    });
  }
  const weightMap = Object.entries(shards).flatMap(([file, inside]) => inside.map(name => [name, file] as const));
  await writeFile(
    join(directory, 'pytorch_model.bin.index.json'),
    JSON.stringify({ weight_map: Object.fromEntries(weightMap) }),
  );
  return directory;
}
