import { readLlamaConfig, type LlamaConfig } from '../config.js';
import { optionalText, unusableValue, type Metadata } from './metadata.js';

/**
 * Reads the sizes of a model from the metadata of a GGUF file of architecture `llama`. `tensorNames` are those of the
 * file: a head of its own is among them (`output.weight`), or the model ties it to the word embeddings.
 *
 * @throws `CONFIG_INVALID` naming the key, also for kinds of model that this one is not
 */
export function readLlamaConfigFromGguf(metadata: Metadata, tensorNames: readonly string[]): LlamaConfig {
  const number = (key: string, fallback?: number) => {
    const value = metadata.get(`llama.${key}`) ?? fallback;
    if (typeof value === 'number' && value > 0) return value;
    throw invalid(`llama.${key}`, 'a positive number', value);
  };
  refuseOtherKinds(metadata);
  const heads = number('attention.head_count');
  const headSize = number('attention.key_length', number('embedding_length') / heads);
  for (const key of ['attention.value_length', 'rope.dimension_count']) {
    if (number(key, headSize) !== headSize)
      throw invalid(`llama.${key}`, `the size of a head, ${headSize}`, number(key));
  }
  return readLlamaConfig({
    hidden_size: number('embedding_length'),
    intermediate_size: number('feed_forward_length'),
    num_hidden_layers: number('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: number('attention.head_count_kv', heads),
    head_dim: headSize,
    vocab_size: number('vocab_size', pieces(metadata)),
    rms_norm_eps: number('attention.layer_norm_rms_epsilon'),
    rope_theta: number('rope.freq_base', 10000),
    max_position_embeddings: number('context_length'),
    tie_word_embeddings: !tensorNames.includes('output.weight'),
  });
}

function invalid(key: string, expected: string, got: unknown): Error {
  return unusableValue('CONFIG_INVALID', { key, expected, got });
}

/** Number of pieces, for files without a size of the vocabulary; 0, which is refused, without either. */
function pieces(metadata: Metadata): number {
  const tokens = metadata.get('tokenizer.ggml.tokens');
  return Array.isArray(tokens) ? tokens.length : 0;
}

function refuseOtherKinds(metadata: Metadata): void {
  const architecture = optionalText(metadata, 'general.architecture');
  if (architecture !== 'llama') throw invalid('general.architecture', '"llama"', architecture);
  const experts = metadata.get('llama.expert_count') ?? 0;
  if (experts !== 0) throw invalid('llama.expert_count', 'no experts', experts);
  const scaling = optionalText(metadata, 'llama.rope.scaling.type') ?? 'none';
  if (scaling !== 'none') throw invalid('llama.rope.scaling.type', '"none"', scaling);
  // older files name the factor alone
  for (const key of ['llama.rope.scaling.factor', 'llama.rope.scale_linear']) {
    const factor = metadata.get(key) ?? 1;
    if (factor !== 1 && factor !== 0) throw invalid(key, '1', factor);
  }
}
