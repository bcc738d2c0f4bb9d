import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../test/thrown-by.js';
import { readLlamaConfigFromGguf } from './read-config.js';

const values: Record<string, unknown> = {
  'general.architecture': 'llama',
  'llama.embedding_length': 576,
  'llama.feed_forward_length': 1536,
  'llama.block_count': 30,
  'llama.attention.head_count': 9,
  'llama.attention.head_count_kv': 3,
  'llama.attention.layer_norm_rms_epsilon': 1e-5,
  'llama.context_length': 8192,
  'llama.rope.freq_base': 100_000,
  'llama.rope.dimension_count': 64,
  'llama.vocab_size': 49152,
};

function read(changes: Record<string, unknown> = {}, names: readonly string[] = []) {
  return readLlamaConfigFromGguf(new Map(Object.entries({ ...values, ...changes })), names);
}

describe('readLlamaConfigFromGguf', () => {
  it('reads every size', () => {
    expect(read()).toEqual({
      width: 576,
      intermediateWidth: 1536,
      layers: 30,
      heads: 9,
      kvHeads: 3,
      headSize: 64,
      vocabularySize: 49152,
      rmsNormEpsilon: 1e-5,
      ropeTheta: 100_000,
      maxPositions: 8192,
      tiedHead: true,
    });
  });

  it('ties the head to the embeddings where the file has none of its own', () => {
    expect(read({}, ['token_embd.weight', 'output.weight']).tiedHead).toBe(false);
    expect(read({}, ['token_embd.weight', 'output_norm.weight']).tiedHead).toBe(true);
  });

  it('knows what a missing key means', () => {
    const config = read({
      'llama.attention.head_count_kv': undefined,
      'llama.rope.freq_base': undefined,
      'llama.rope.dimension_count': undefined,
      'llama.vocab_size': undefined,
      'tokenizer.ggml.tokens': ['a', 'b'],
    });
    expect(config).toMatchObject({ kvHeads: 9, ropeTheta: 10_000, headSize: 64, vocabularySize: 2 });
  });

  it('takes the size of a head from the file where it is named', () => {
    const sizes = {
      'llama.attention.key_length': 32,
      'llama.attention.value_length': 32,
      'llama.rope.dimension_count': 32,
    };
    expect(read(sizes).headSize).toBe(32);
  });

  it.each<[string, unknown]>([
    ['general.architecture', 'qwen2'],
    ['general.architecture', undefined],
    ['general.architecture', 7],
    ['llama.embedding_length', undefined],
    ['llama.embedding_length', '576'],
    ['llama.block_count', 0],
    ['llama.attention.head_count_kv', [3, 3]],
    ['llama.attention.layer_norm_rms_epsilon', undefined],
    ['llama.rope.dimension_count', 32],
    ['llama.attention.value_length', 128],
    ['llama.expert_count', 8],
    ['llama.rope.scaling.type', 'yarn'],
    ['llama.rope.scaling.factor', 4],
    ['llama.rope.scale_linear', 2],
    ['llama.vocab_size', 2n ** 60n],
  ])('refuses %s of %s', (key, value) => {
    const error = thrownBy(() => read({ [key]: value }));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(`"${key}"`) });
  });

  it('refuses sizes that do not fit each other', () => {
    expect(thrownBy(() => read({ 'llama.attention.head_count_kv': 2 })).code).toBe('CONFIG_INVALID');
  });
});
