import type { EarlyStopping } from './generation-options.js';

/** An answer a beam search has finished or given up on. */
export interface Hypothesis {
  readonly ids: readonly number[];
  /** Log-probability of all ids, divided by their count to the power of the length penalty. */
  readonly score: number;
  /** True when it ended by itself, false when it was cut. */
  readonly complete: boolean;
}

/** What decides how answers are ranked and when there are enough. */
export interface HypothesesOptions {
  readonly beams: number;
  readonly lengthPenalty: number;
  readonly earlyStopping: EarlyStopping;
  readonly maxNewTokens: number;
}

/** The best answers so far, at most as many as beams (`BeamHypotheses` of transformers 4.46). */
export class BeamHypotheses {
  readonly #options: HypothesesOptions;
  readonly #kept: Hypothesis[] = [];

  constructor(options: HypothesesOptions) {
    this.#options = options;
  }

  /** Keeps the answer if there is room or it beats the worst; `logProbability` is the sum over its ids. */
  add(ids: readonly number[], logProbability: number, complete: boolean): void {
    const score = logProbability / ids.length ** this.#options.lengthPenalty;
    const full = this.#kept.length >= this.#options.beams;
    if (full && score <= this.#worst()) return;
    if (full) this.#dropWorst();
    this.#kept.push({ ids, score, complete });
  }

  /**
   * True when the search may end. `bestRunning` is the largest summed log-probability among the candidates of a step
   * in which answers have `length` ids.
   */
  isDone(bestRunning: number, length: number): boolean {
    const { beams, earlyStopping, lengthPenalty, maxNewTokens } = this.#options;
    if (this.#kept.length < beams) return false;
    if (earlyStopping === true) return true;
    // sums are negative, so a longer answer scores better under a positive penalty: the best it can do is the full length
    const optimistic = earlyStopping === 'never' && lengthPenalty > 0 ? maxNewTokens : length;
    return this.#worst() >= bestRunning / optimistic ** lengthPenalty;
  }

  /** The `count` best answers, best first; of equal ones the later found first. */
  best(count: number): Hypothesis[] {
    return this.#kept
      .toReversed()
      .sort((a, b) => b.score - a.score)
      .slice(0, count);
  }

  #dropWorst(): void {
    const worst = this.#worst();
    const index = this.#kept.findIndex(kept => kept.score === worst);
    this.#kept.splice(index, 1);
  }

  #worst(): number {
    return this.#kept.reduce((worst, kept) => Math.min(worst, kept.score), Number.POSITIVE_INFINITY);
  }
}
