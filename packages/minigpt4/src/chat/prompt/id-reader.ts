import type { Tokenizer } from '@minigpt4/llm-vicuna';

/** Ids as text. */
export interface TextOfIds {
  /** Control tokens as they are written, and the space of a first word kept. */
  readonly text: string;
  /** Length of the text behind each id; an id in the middle of a character has that of the one before. */
  readonly ends: readonly number[];
}

/** Reads ids one by one and remembers what each reads, because a chat reads the same ones turn after turn. */
export class IdReader {
  readonly #texts = new Map<number, string>();
  /** An id in front, because the first one of a sequence reads otherwise. */
  readonly #anchor: readonly number[];
  readonly #anchorText: string;

  constructor(private readonly tokenizer: Tokenizer) {
    this.#anchor = tokenizer.encode('a').slice(-1);
    this.#anchorText = this.#decode(this.#anchor);
  }

  read(ids: readonly number[]): TextOfIds {
    let text = '';
    let waiting: number[] = [];
    const ends = ids.map(id => {
      waiting.push(id);
      const fresh = waiting.length === 1 ? this.#textOf(id) : this.#behindAnchor(waiting);
      // a replacement character at the end may be a character of which bytes are missing
      if (fresh.endsWith('\uFFFD')) return text.length;
      waiting = [];
      text += fresh;
      return text.length;
    });
    return { text, ends };
  }

  #textOf(id: number): string {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const text = this.#behindAnchor([id]);
    this.#texts.set(id, text);
    return text;
  }

  #behindAnchor(ids: readonly number[]): string {
    return this.#decode([...this.#anchor, ...ids]).slice(this.#anchorText.length);
  }

  #decode(ids: readonly number[]): string {
    return this.tokenizer.decode(ids, { skipSpecial: false });
  }
}
