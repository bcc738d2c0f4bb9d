import type { KVCache } from './kv-cache.js';

/**
 * A decoder that turns embeddings into the scores of the next token. Generation, beams and chat know a model by this
 * face alone, so any decoder (a graph, a stub in a test) that keeps its history in a {@link KVCache} fits.
 */
export interface LanguageModel {
  /** Length of one embedding. */
  readonly width: number;
  /** Number of ids the head scores, which may exceed the tokenizer's pieces (Vicuna v0 has one padding row more). */
  readonly vocabularySize: number;
  /** Ids that end an answer. Take them from the tokenizer: the `config.json` of Vicuna directories names wrong ones. */
  readonly eosIds: readonly number[];
  /** The embeddings of `ids`, (ids, width). */
  embed(ids: readonly number[]): Promise<Float32Array>;
  /** An empty cache of this model's sizes. `batch` defaults to 1. */
  createCache(batch?: number): KVCache;
  /**
   * Runs `embeddings` (cache.batch, tokens, width) at the positions that follow the cache and appends them to it;
   * the count of tokens follows from the length. Returns the logits of the last position, (cache.batch, vocabularySize).
   * A rejected call may leave rows half written: `cache.truncate(lengthBefore)` makes the cache whole again.
   */
  forward(embeddings: Float32Array, cache: KVCache, signal?: AbortSignal): Promise<Float32Array>;
}
