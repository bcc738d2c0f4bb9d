/** How the next ids are guessed. */
export interface SpeculationOptions {
  /** Most ids guessed at a time. Defaults to 4. */
  readonly tokens?: number;
  /** Ids in a row that must have come before, for what followed them to be a guess. Defaults to 3. */
  readonly ngram?: number;
}

/**
 * Guesses the next ids from what came before: where the last ids have occurred already, what followed them there may
 * follow again (prompt lookup decoding, Saxena 2023). Quotes, lists and names repeat.
 */
export class PromptLookup {
  readonly #history: number[];
  /** What was guessed and has not been seen to be right or wrong. */
  #guessed: number[] = [];
  #made = 0;
  #right = 0;

  constructor(
    private readonly options: Required<SpeculationOptions>,
    /** Ids of the prompt; numbers below 0 stand for positions that are no ids, such as those of a picture. */
    prompt: readonly number[],
  ) {
    this.#history = [...prompt];
  }

  /** Takes in the next id of the answer. */
  push(id: number): void {
    this.#history.push(id);
    if (this.#guessed.shift() === id) this.#right++;
    else this.#guessed = [];
  }

  /** How many ids were guessed, and how many of them were right. */
  get counts(): { readonly made: number; readonly right: number } {
    return { made: this.#made, right: this.#right };
  }

  /** At most `most` ids that may come next, often none: the longest continuation of a last place, the latest of equal ones. */
  guess(most: number): number[] {
    const { tokens, ngram } = this.options;
    const history = this.#history;
    const wanted = Math.min(tokens, most);
    let best: number[] = [];
    for (let end = history.length - 1; end >= ngram && best.length < wanted; end--) {
      if (!this.#repeatsBefore(end)) continue;
      const next = history.slice(end, end + wanted);
      const unknown = next.findIndex(id => id < 0);
      const continuation = unknown < 0 ? next : next.slice(0, unknown);
      if (continuation.length > best.length) best = continuation;
    }
    this.#guessed = [...best];
    this.#made += best.length;
    return best;
  }

  /** True when the last ids of all stand before `end` too. */
  #repeatsBefore(end: number): boolean {
    const { ngram } = this.options;
    const history = this.#history;
    for (let i = 1; i <= ngram; i++) if (history[end - i] !== history[history.length - i]) return false;
    return true;
  }
}
