import type { KVCache, LanguageModel } from '@minigpt4/llm-vicuna';
import type { ImageRow } from '../image-embeddings.js';

/** One position of a prompt: a token id, or an embedding of an image. */
export type PromptItem = number | ImageRow;

/** What a prompt needs beyond what the cache holds already. */
export interface Remainder {
  /** Embeddings (tokens, width) of the positions that are new. */
  readonly embeddings: Float32Array;
  /** Positions at the start that the cache holds and that are not computed again. */
  readonly cachedTokens: number;
}

/** The positions a language model has read, and its keys and values of them: kept between the turns of a chat. */
export class Context {
  readonly cache: KVCache;
  #items: readonly PromptItem[] = [];

  constructor(private readonly model: LanguageModel) {
    this.cache = model.createCache();
  }

  /**
   * Makes the cache a prefix of `prompt`: keeps what agrees and forgets the rest. At least the last position is left
   * to compute, because its logits are what comes next.
   */
  async align(prompt: readonly PromptItem[]): Promise<Remainder> {
    let cachedTokens = 0;
    const most = Math.min(this.#items.length, prompt.length - 1);
    while (cachedTokens < most && sameItem(this.#items[cachedTokens]!, prompt[cachedTokens]!)) cachedTokens++;
    this.cache.truncate(cachedTokens);
    this.#items = prompt.slice(0, cachedTokens);
    return { embeddings: await this.embed(prompt.slice(cachedTokens)), cachedTokens };
  }

  /** Records that the cache holds as much of `items` as it is long. */
  record(items: readonly PromptItem[]): void {
    this.#items = items.slice(0, this.cache.length);
  }

  private async embed(items: readonly PromptItem[]): Promise<Float32Array> {
    const { width } = this.model;
    const words = await this.model.embed(items.filter(item => typeof item === 'number'));
    const out = new Float32Array(items.length * width);
    let word = 0;
    items.forEach((item, i) => {
      const row = typeof item === 'number' ? words.subarray(word * width, ++word * width) : item.image.row(item.index);
      out.set(row, i * width);
    });
    return out;
  }
}

function sameItem(a: PromptItem, b: PromptItem): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  return a.image === b.image && a.index === b.index;
}
