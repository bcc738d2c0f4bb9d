import { MiniGPT4Error } from '@minigpt4/core';
import { firstStop, heldBack } from './stop.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** What a {@link TextStream} watches for. */
export interface TextStreamOptions {
  /** Texts before which the stream ends, such as `###`. Defaults to none. */
  readonly stop?: readonly string[];
  /** Leaves control tokens out of the text. Defaults to true. */
  readonly skipSpecial?: boolean;
}

/**
 * Turns ids into text as it becomes certain. Characters of several byte pieces come whole, and what may be the start
 * of a stop text waits until it is known. All pieces together equal `tokenizer.decode` of all ids, cut at the stop
 * text that was complete first.
 */
export class TextStream {
  readonly #tokenizer: Tokenizer;
  readonly #stops: readonly string[];
  readonly #skipSpecial: boolean;
  /** Ids whose text is not settled, after one that is: how a piece reads depends on whether it is the first. */
  #window: number[] = [];
  /** Characters of the window's text that were taken over. */
  #taken = 0;
  /** Text that may begin a stop text. */
  #held = '';
  #stoppedBy: string | undefined;
  #ended = false;

  /** @throws `INVALID_OPTION` for an empty stop text. */
  constructor(tokenizer: Tokenizer, { stop = [], skipSpecial = true }: TextStreamOptions = {}) {
    if (stop.includes('')) {
      throw new MiniGPT4Error(
        'INVALID_OPTION',
        'TextStream: bad stop, expected texts, got an empty one. Leave it out.',
      );
    }
    this.#tokenizer = tokenizer;
    this.#stops = stop;
    this.#skipSpecial = skipSpecial;
  }

  /** The stop text that ended the stream, if one did. */
  get stoppedBy(): string | undefined {
    return this.#stoppedBy;
  }

  /** True after a stop text or {@link finish}; later ids give no text. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes the next id; returns the text that became certain, often none. */
  push(id: number): string {
    if (this.#ended || (this.#skipSpecial && this.#tokenizer.isSpecial(id))) return '';
    this.#window.push(id);
    const text = this.#decode(this.#window);
    // a replacement character at the end may be a character of which bytes are missing
    const settled = text.replace(/\uFFFD+$/, '');
    const fresh = settled.slice(this.#taken);
    this.#taken = Math.max(this.#taken, settled.length);
    if (settled.length === text.length) {
      this.#window = [id];
      this.#taken = this.#decode(this.#window).length;
    }
    return this.#release(fresh);
  }

  /** No more ids will come: returns what was waiting. */
  finish(): string {
    if (this.#ended) return '';
    const released = this.#release(this.#decode(this.#window).slice(this.#taken));
    if (this.#ended) return released;
    this.#ended = true;
    return released + this.#held;
  }

  #decode(ids: readonly number[]): string {
    return this.#tokenizer.decode(ids, { skipSpecial: this.#skipSpecial });
  }

  #release(fresh: string): string {
    const text = this.#held + fresh;
    const match = firstStop(text, this.#stops);
    if (match) {
      this.#ended = true;
      this.#stoppedBy = match.stop;
      return text.slice(0, match.index);
    }
    const certain = text.length - heldBack(text, this.#stops);
    this.#held = text.slice(certain);
    return text.slice(0, certain);
  }
}
