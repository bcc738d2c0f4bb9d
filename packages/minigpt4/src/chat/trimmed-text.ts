import type { TextStream } from '@minigpt4/llm-vicuna';

/** A text stream without white space at its ends, as answers are shown; all pieces together are {@link text}. */
export class TrimmedText {
  #text = '';
  #space = '';

  constructor(private readonly stream: TextStream) {}

  /** Everything given out so far. */
  get text(): string {
    return this.#text;
  }

  /** True once the stream met a stop text. */
  get ended(): boolean {
    return this.stream.ended;
  }

  /** Takes the next id; returns the text that became certain. */
  push(id: number): string {
    return this.#release(this.stream.push(id));
  }

  /** No more ids will come: returns what was waiting. */
  finish(): string {
    return this.#release(this.stream.finish());
  }

  /** White space at the end waits until something follows it. */
  #release(fresh: string): string {
    const whole = this.#space + fresh;
    const visible = whole.trimEnd();
    this.#space = whole.slice(visible.length);
    const piece = this.#text === '' ? visible.trimStart() : visible;
    if (this.#text === '' && piece === '') this.#space = '';
    this.#text += piece;
    return piece;
  }
}
