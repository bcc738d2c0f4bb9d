import { type FileHandle, open } from 'node:fs/promises';
import { float32ToFloat16, random } from '@minigpt4/core';
import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import { llamaTensors } from '../checkpoints/original-tensors.js';
import { syntheticVocabulary, vocabularyKinds } from '../checkpoints/synthetic-tokenizer.js';
import { ggufBytes, type GgufField, ggufHeader, ggufPadding, type GgufTensor, ggufTypes } from './gguf-header.js';

/** Blocks of 4-bit numbers that are written again and again; a prime number, so that no two matrices are equal. */
const blocks = 131_071;

/** A block's scale, with which its numbers from -8 to 7 are about as large as trained weights. */
const scale = 0.0043;

/**
 * Writes a LLaMA of random weights as llama.cpp reads it: all matrices Q4_0, the head too (where llama.cpp's own tool takes
 * the slower Q6_K), norms at one. A piece at a time: memory stays at some MB.
 */
export async function writeRandomGguf(path: string, config: LlamaConfig): Promise<void> {
  const tensors = llamaTensors(config).map(({ name, shape }): GgufTensor => {
    return { name: ggufName(name), shape, type: shape.length === 1 ? 'F32' : 'Q4_0' };
  });
  const file = await open(path, 'w');
  try {
    await file.writeFile(ggufHeader(metadata(config), tensors));
    const noise = randomBlocks();
    let at = 0;
    for (const tensor of tensors) {
      const length = ggufBytes(tensor);
      if (tensor.type === 'F32') await file.writeFile(Buffer.from(new Float32Array(length / 4).fill(1).buffer));
      else at = await writeRepeated(file, { noise, at, length });
      await file.writeFile(ggufPadding(length));
    }
  } finally {
    await file.close();
  }
}

/** Writes `length` bytes of the noise, which goes round, from `at` on; gives where the next begin. */
async function writeRepeated(
  file: FileHandle,
  { noise, at, length }: { noise: Uint8Array; at: number; length: number },
): Promise<number> {
  let [from, left] = [at, length];
  while (left > 0) {
    const piece = noise.subarray(from, Math.min(from + left, noise.length));
    await file.writeFile(piece);
    left -= piece.length;
    from = (from + piece.length) % noise.length;
  }
  return from;
}

/** Blocks of Q4_0: a scale in half precision, then 32 numbers in 16 bytes. */
function randomBlocks(): Uint8Array {
  const { integer } = random(7);
  const { blockBytes } = ggufTypes.Q4_0;
  const out = Uint8Array.from({ length: blocks * blockBytes }, () => integer(256));
  const bits = float32ToFloat16(Float32Array.of(scale))[0]!;
  for (let at = 0; at < out.length; at += blockBytes) {
    out[at] = bits & 255;
    out[at + 1] = bits >> 8;
  }
  return out;
}

/** llama.cpp's name of a tensor of Hugging Face. */
export function ggufName(name: string): string {
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

function metadata(config: LlamaConfig): Record<string, GgufField> {
  const size = config.vocabularySize;
  return {
    'general.architecture': 'llama',
    'general.name': 'random weights',
    'general.file_type': { uint32: 2 },
    'general.quantization_version': { uint32: 2 },
    'llama.context_length': { uint32: config.maxPositions },
    'llama.embedding_length': { uint32: config.width },
    'llama.block_count': { uint32: config.layers },
    'llama.feed_forward_length': { uint32: config.intermediateWidth },
    'llama.attention.head_count': { uint32: config.heads },
    'llama.attention.head_count_kv': { uint32: config.kvHeads },
    'llama.attention.layer_norm_rms_epsilon': { float32: config.rmsNormEpsilon },
    'llama.rope.dimension_count': { uint32: config.headSize },
    'llama.rope.freq_base': { float32: config.ropeTheta },
    'llama.vocab_size': { uint32: size },
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.tokens': { strings: syntheticVocabulary(size) },
    'tokenizer.ggml.scores': { float32s: Array.from({ length: size }, (_, id) => -id) },
    'tokenizer.ggml.token_type': { int32s: vocabularyKinds(size) },
    'tokenizer.ggml.bos_token_id': { uint32: 1 },
    'tokenizer.ggml.eos_token_id': { uint32: 2 },
    'tokenizer.ggml.unknown_token_id': { uint32: 0 },
  };
}
