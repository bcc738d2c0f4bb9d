import type { AnswerTimings } from './answer-timings.js';
import type { FinishReason, GeneratedToken, GenerationOptions } from '@minigpt4/llm-vicuna';

/**
 * How an answer is generated: the options of `generate`, but for those that the conversation itself decides. Text comes
 * at the end when there are beams or several answers.
 */
export interface AnswerOptions extends Omit<GenerationOptions, 'stopSequences' | 'eosIds' | 'cache' | 'promptIds'> {
  /** Texts before which the answer ends, beside those of the conversation's template. Defaults to none. */
  readonly stop?: readonly string[];
}

/** One of several answers to a question. */
export interface AnswerSequence {
  readonly text: string;
  readonly ids: readonly number[];
  /** Summed log-probability of the ids, divided by their count to the power of `lengthPenalty`. */
  readonly score: number;
}

/** An answer and how it came about. */
export interface Answer {
  readonly text: string;
  /** Generated ids, those of the stop marker included. */
  readonly ids: readonly number[];
  /** `stop` by itself, `length` at the limit, `abort` by the signal. */
  readonly finishReason: FinishReason;
  /** With `logProbabilities`, each of {@link ids} with its log-probability and the likeliest in its place. */
  readonly tokens?: readonly GeneratedToken[];
  /** With `returnSequences` above 1, all answers, best first; the first is this one. */
  readonly sequences?: readonly AnswerSequence[];
  /** Turns at the start of the chat that the model no longer read, because they did not fit; absent when it read all. */
  readonly droppedTurns?: number;
  readonly usage: {
    /** Positions of the whole conversation up to here, images included. */
    readonly promptTokens: number;
    /** Those of them that stand for images. */
    readonly imageTokens: number;
    /** Those of them that were not computed again. */
    readonly cachedTokens: number;
    readonly completionTokens: number;
  };
  readonly timings: AnswerTimings;
}

/** Makes the pieces of an answer; is told by the signal when nobody wants more. */
export type AnswerSource = (signal: AbortSignal) => AsyncGenerator<string, Answer>;

/**
 * An answer as it comes: iterate for pieces of text, or await {@link result} for the whole. Generation starts with the
 * first of these. Leaving the loop early ends the answer with finishReason `abort`.
 */
export class AnswerStream implements AsyncIterable<string> {
  readonly #abort = new AbortController();
  readonly #pieces: AsyncGenerator<string, Answer>;
  #answer: Promise<Answer> | undefined;

  constructor(source: AnswerSource, signal?: AbortSignal) {
    this.#pieces = source(signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    if (this.#answer !== undefined) return;
    let finished = false;
    try {
      for (;;) {
        const next = await this.#pieces.next();
        if (next.done !== true) {
          yield next.value;
          continue;
        }
        finished = true;
        this.#answer = Promise.resolve(next.value);
        return;
      }
    } catch (error) {
      finished = true;
      throw error;
    } finally {
      if (!finished) {
        this.#abort.abort();
        await this.result();
      }
    }
  }

  /** The whole answer; pieces that were not taken one by one are waited for. */
  result(): Promise<Answer> {
    this.#answer ??= this.#drain();
    return this.#answer;
  }

  async #drain(): Promise<Answer> {
    for (;;) {
      const next = await this.#pieces.next();
      if (next.done === true) return next.value;
    }
  }
}
