import type { Reply } from './messages.js';

/** A reply to a request that did not fail. */
export type Success = Exclude<Reply, { readonly type: 'failed' }>;

/** Replies to one request, taken in order; bounded by what the child may send unasked. */
export class Inbox {
  readonly #replies: Success[] = [];
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(readonly request: number) {}

  put(reply: Success): void {
    this.#replies.push(reply);
    this.#wake?.();
  }

  /** No more will come: what is there can still be taken. */
  fail(error: Error): void {
    this.#error ??= error;
    this.#wake?.();
  }

  /** The next reply. @throws what {@link fail} was told */
  async next(): Promise<Success> {
    for (;;) {
      const reply = this.#replies.shift();
      if (reply !== undefined) return reply;
      if (this.#error !== undefined) throw this.#error;
      await new Promise<void>(resolve => (this.#wake = resolve));
    }
  }
}
