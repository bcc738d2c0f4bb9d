/** Where the time of an answer went, in milliseconds. */
export interface AnswerTimings {
  /** Encoding the images of this conversation, however long ago. */
  readonly imageMs: number;
  /** Reading the new part of the prompt. */
  readonly prefillMs: number;
  /** From the question to the first token. With beams or several answers, whose tokens come all at the end, to that. */
  readonly firstTokenMs: number;
  /** The rest of the tokens. */
  readonly decodeMs: number;
  /**
   * Tokens a second after the first. With beams or several answers those of the best, over all the time since the
   * question, so that the figure says what the answer took.
   */
  readonly tokensPerSecond: number;
}

/** What was measured of an answer that is now complete; times by `performance.now()`. */
export interface MeasuredAnswer {
  readonly imageMs: number;
  readonly startedAt: number;
  /** When the new part of the prompt was ready to be read. */
  readonly alignedAt: number;
  readonly firstAt: number;
  readonly tokens: number;
  /** Whether the tokens came all at the end. */
  readonly atOnce: boolean;
}

/** The timings of an answer that ends now. */
export function answerTimings({
  imageMs,
  startedAt,
  alignedAt,
  firstAt,
  tokens,
  atOnce,
}: MeasuredAnswer): AnswerTimings {
  const decodeMs = performance.now() - firstAt;
  const [counted, milliseconds] = atOnce ? [tokens, firstAt + decodeMs - startedAt] : [tokens - 1, decodeMs];
  return {
    imageMs,
    prefillMs: firstAt - alignedAt,
    firstTokenMs: firstAt - startedAt,
    decodeMs,
    tokensPerSecond: counted > 0 && milliseconds > 0 ? (counted * 1000) / milliseconds : 0,
  };
}
