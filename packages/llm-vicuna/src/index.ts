export { batchedLanguageModel, type BatchedLanguageModelOptions } from './batching/batched-language-model.js';
export { readLlamaConfig, vicuna13b, vicuna7b, type LlamaConfig } from './config.js';
export { decoderLayer, type DecoderContext, type DecoderLayer, type KeysAndValues } from './decoder-layer.js';
export { generate, type GenerationResult } from './generation/generate.js';
export { generateBatch, type BatchGenerationOptions, type BatchGenerationResult } from './generation/generate-batch.js';
export type { EarlyStopping, GenerationOptions } from './generation/generation-options.js';
export { KVCache, type KVCacheOptions } from './kv-cache.js';
export type { LanguageModel, TokenPlace } from './language-model.js';
export { decoderStep, llama, type DecoderInputs, type Llama } from './llama.js';
export {
  repetitionPenalty,
  temperature,
  topK,
  topP,
  type LogitsProcessor,
} from './generation/sampling.js';
export type { FinishReason, GeneratedToken, TokenProbability } from './generation/next-token.js';
export { stopSequences } from './generation/stop.js';
export { tokenSlice, type TokenSlice } from './token-slice.js';
export { TextStream, type TextStreamOptions } from './generation/text-stream.js';
export { createTokenizer } from './tokenizer/json-tokenizer.js';
export { loadTokenizer } from './tokenizer/load-tokenizer.js';
export type { DecodeOptions, EncodeOptions, Tokenizer } from './tokenizer/tokenizer.js';
export { unusedLlamaWeights } from './weights.js';
