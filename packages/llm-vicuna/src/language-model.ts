import type { KVCache } from './kv-cache.js';
import type { RowRange } from './row-set.js';

/** Where a new token stands that does not simply follow the one before it. */
export interface TokenPlace {
  /** Its position in its own text, from 0. */
  readonly position: number;
  /** The rows of the cache that it attends to, its own among them. New token t lies in row `cache.length + t`. */
  readonly sees: readonly RowRange[];
}

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
  /** Tokens of a long prompt that {@link forward} computes in one run. Defaults to 128 for those who ask. */
  readonly chunkTokens?: number;
  /** The embeddings of `ids`, (ids, width). */
  embed(ids: readonly number[]): Promise<Float32Array>;
  /** An empty cache of this model's sizes. `batch` defaults to 1. */
  createCache(batch?: number): KVCache;
  /**
   * Runs `embeddings` (cache.batch, tokens, width) in the rows that follow the cache and appends them to it; the count
   * of tokens follows from the length. Nothing attends to the cache's gaps, which take no positions. Returns the logits
   * of the last token, (cache.batch, vocabularySize). A rejected call may leave rows half written:
   * `cache.truncate(lengthBefore)` makes the cache whole again.
   */
  forward(embeddings: Float32Array, cache: KVCache, signal?: AbortSignal): Promise<Float32Array>;
  /**
   * Runs tokens that need not follow one another, embeddings (tokens, width), behind a cache of batch 1 and appends
   * them to it: several texts, or several continuations of one, share a cache in this way and are computed in one run.
   * Returns the logits of every token, (tokens, vocabularySize). Rejections are as in {@link forward}. Without this
   * method, beams copy the cache, and there is no speculation and no batching of concurrent answers.
   */
  forwardEach?(
    embeddings: Float32Array,
    cache: KVCache,
    places: readonly TokenPlace[],
    signal?: AbortSignal,
  ): Promise<Float32Array>;
}
