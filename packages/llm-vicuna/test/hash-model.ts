import { KVCache, type KVCacheOptions } from '../src/kv-cache.js';
import type { LanguageModel, TokenPlace } from '../src/language-model.js';

/**
 * The scores of the next id as a hash of all ids before it: the model of `src/generation/__fixtures__/transformers-generate.py`.
 * Ids below 4 are likelier, so that answers end.
 */
export function hashScores(ids: readonly number[], vocabulary: number): Float32Array {
  let state = 2166136261;
  for (const id of ids) {
    state = Math.imul(state ^ (id + 1), 16777619);
    state ^= state >>> 13;
  }
  return Float32Array.from({ length: vocabulary }, (_, id) => {
    let x = state ^ Math.imul(id + 1, 0x9e3779b1);
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    return ((x >>> 0) / 2 ** 32) * 6 - 3 + (id < 4 ? 1.5 : 0);
  });
}

/** A language model that knows its history from the cache alone: a row holds an id, embeddings are ids. */
export interface HashModel extends LanguageModel {
  /** Positions of every forward pass so far, batch included: [batch, tokens]. */
  readonly passes: (readonly [number, number])[];
}

/** Options of {@link hashModel}. */
export interface HashModelOptions {
  readonly vocabulary?: number;
  readonly eosIds?: readonly number[];
  readonly cache?: Partial<KVCacheOptions>;
  /** Whether it runs tokens of several texts over one cache. Defaults to false. */
  readonly shares?: boolean;
  /** Scores of the next id; defaults to {@link hashScores}. */
  readonly scores?: (ids: readonly number[]) => Float32Array;
}

export function hashModel({
  vocabulary = 23,
  eosIds = [],
  cache = {},
  shares = false,
  scores = ids => hashScores(ids, vocabulary),
}: HashModelOptions = {}): HashModel {
  const passes: (readonly [number, number])[] = [];
  const append = (embeddings: Float32Array, past: KVCache): void => {
    const tokens = embeddings.length / past.batch;
    passes.push([past.batch, tokens]);
    // (batch, tokens) -> (tokens, batch)
    const rows = embeddings.map((_, i) => embeddings[(i % past.batch) * tokens + Math.floor(i / past.batch)]!);
    const [negative, shifted] = [rows.map(id => -id), rows.map(id => id + 0.5)];
    past.append(0, rows, negative, tokens);
    past.append(1, shifted, rows, tokens);
    past.advance(tokens);
  };
  const scoresOf = (texts: readonly (readonly number[])[]): Float32Array => {
    const logits = new Float32Array(texts.length * vocabulary);
    texts.forEach((ids, i) => logits.set(scores(ids), i * vocabulary));
    return logits;
  };
  const forwardEach: LanguageModel['forwardEach'] = async (embeddings, past, places) => {
    append(embeddings, past);
    return scoresOf(places.map(place => placedIds(past, place)));
  };
  return {
    width: 1,
    vocabularySize: vocabulary,
    eosIds,
    passes,
    embed: async ids => Float32Array.from(ids),
    createCache: (batch = 1) => new KVCache({ layers: 2, batch, kvHeads: 1, headSize: 1, capacity: 4, ...cache }),
    async forward(embeddings, past) {
      append(embeddings, past);
      return scoresOf(Array.from({ length: past.batch }, (_, sequence) => cachedIds(past, sequence)));
    },
    ...(shares && { forwardEach }),
  };
}

/** The ids that a token sees, its own at the end, which must be as many as its position says. */
function placedIds(cache: KVCache, { position, sees }: TokenPlace): number[] {
  const keys = cache.key(0);
  const ids = sees.flatMap(([from, to]) => [...keys.subarray(from + 1, to + 1)]);
  if (ids.length !== position + 1) throw new Error(`position ${position} of ${ids.length} ids`);
  return ids;
}

/** The ids that a cache of a hash model holds for one sequence, padding left out. */
export function cachedIds(cache: KVCache, sequence = 0): number[] {
  const keys = cache.key(0);
  const isReal = (row: number) => !cache.gaps(sequence).some(([from, to]) => row >= from && row < to);
  return Array.from({ length: cache.length }, (_, row) => row)
    .filter(isReal)
    .map(row => keys[(row + 1) * cache.batch + sequence]!);
}
