import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import type { EyeSizes } from './model-presets.js';

/** The sizes of vision encoder and Q-Former under the names of a model's `config.json`. */
export function modelConfigJson({ vision, qformer, concatenated = false }: EyeSizes): object {
  return {
    vision: {
      img_size: vision.imageSize,
      patch_size: vision.patchSize,
      embed_dim: vision.width,
      depth: vision.depth,
      num_heads: vision.heads,
      // half a unit more, because what is read is this times the width, rounded down
      mlp_ratio: (vision.mlpWidth + 0.5) / vision.width,
      layer_norm_eps: vision.layerNormEpsilon,
    },
    ln_vision: { eps: vision.lnVisionEpsilon },
    ...(!concatenated && {
      qformer: {
        query_length: qformer.queries,
        hidden_size: qformer.width,
        num_hidden_layers: qformer.layers,
        num_attention_heads: qformer.heads,
        intermediate_size: qformer.intermediateWidth,
        cross_attention_freq: qformer.crossAttentionFrequency,
        encoder_width: qformer.encoderWidth,
        layer_norm_eps: qformer.layerNormEpsilon,
      },
    }),
  };
}

/** `config.json` of a language model of Hugging Face. */
export function llamaConfigJson(config: LlamaConfig): object {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: config.width,
    intermediate_size: config.intermediateWidth,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headSize,
    vocab_size: config.vocabularySize,
    rms_norm_eps: config.rmsNormEpsilon,
    rope_theta: config.ropeTheta,
    hidden_act: 'silu',
    max_position_embeddings: config.maxPositions,
    tie_word_embeddings: config.tiedHead,
    bos_token_id: 1,
    eos_token_id: 2,
    torch_dtype: 'float16',
  };
}
