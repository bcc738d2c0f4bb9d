import type { KVCache } from '../kv-cache.js';
import type { LanguageModel, TokenPlace } from '../language-model.js';
import { RowSet, type RowRange } from '../row-set.js';

/** Rows of a shared cache that are one text, in its order. */
export type TextRows = readonly RowRange[];

/** A model that runs tokens of several texts over one cache. */
export type SharingModel = LanguageModel & Required<Pick<LanguageModel, 'forwardEach'>>;

/** Whether a model runs tokens of several texts over one cache. */
export function canShare(model: LanguageModel): model is SharingModel {
  return model.forwardEach !== undefined;
}

/** How many tokens a text has. */
export function textLength(rows: TextRows): number {
  return rows.reduce((sum, [from, to]) => sum + to - from, 0);
}

/** Places of tokens that follow a text one after another in rows from `row` on. */
export function placesBehind(text: TextRows, row: number, tokens: number): TokenPlace[] {
  const length = textLength(text);
  return Array.from({ length: tokens }, (_, i) => ({ position: length + i, sees: withRows(text, [row, row + i + 1]) }));
}

function withRows(text: TextRows, [from, to]: RowRange): TextRows {
  const last = text.at(-1);
  return last?.[1] === from ? [...text.slice(0, -1), [last[0], to]] : [...text, [from, to]];
}

/** Rows that may be of no use before they are cleared away: at least so many, */
const spareRows = 64;

/** and at least this share of those in use, because what is in use has to move. */
const spareShare = 0.25;

/** What {@link SharedCache.step} did. */
export interface SharedStep {
  /** Logits behind each text, (texts, vocabulary). */
  readonly logits: Float32Array;
  /** The texts with their new token. */
  readonly texts: readonly TextRows[];
}

/**
 * A cache of batch 1 in which several texts lie. Texts may have their beginning in common, which is then held once: a
 * token takes one row and sees the rows of its own text alone.
 */
export class SharedCache {
  /** Rows at the start that stay whatever happens. */
  readonly #base: number;
  #tidyAt: number;

  /** Shares a cache from its present length on. */
  constructor(
    private readonly model: SharingModel,
    readonly cache: KVCache,
  ) {
    this.#base = cache.length;
    this.#tidyAt = this.#base + spareRows;
  }

  /** Runs one new token behind each text, embeddings (texts, width). */
  async step(texts: readonly TextRows[], embeddings: Float32Array, signal?: AbortSignal): Promise<SharedStep> {
    const { length } = this.cache;
    const grown = texts.map((text, i) => withRows(text, [length + i, length + i + 1]));
    const places = grown.map((sees, i) => ({ position: textLength(texts[i]!), sees }));
    const logits = await this.model.forwardEach(embeddings, this.cache, places, signal);
    return { logits, texts: grown };
  }

  /** Adds a text whose keys and values another cache of batch 1 holds. */
  add(other: KVCache): TextRows {
    const { cache } = this;
    const { length } = cache;
    if (other.length === 0) return [];
    const row = cache.kvHeads * cache.headSize;
    for (let layer = 0; layer < cache.layers; layer++) {
      cache.append(layer, other.key(layer).subarray(row), other.value(layer).subarray(row), other.length);
    }
    cache.advance(other.length);
    return other.realRows(0).map(([from, to]): RowRange => [length + from, length + to]);
  }

  /**
   * Clears away the rows of no text once there are many of them, and returns where the texts lie then. Texts
   * that are not given are gone.
   */
  tidy(texts: readonly TextRows[]): readonly TextRows[] {
    if (this.cache.length < this.#tidyAt) return texts;
    const used = new RowSet([[0, this.#base], ...texts.flat()]);
    this.#tidyAt = used.size + Math.max(spareRows, spareShare * (used.size - this.#base));
    if (this.cache.length < this.#tidyAt) return texts;
    this.cache.keep(used.ranges);
    const moved = (row: number) => used.countBefore(row);
    return texts.map(text => text.map(([from, to]): RowRange => [moved(from), moved(from) + to - from]));
  }
}
