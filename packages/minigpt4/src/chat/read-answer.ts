import type { FinishReason, GeneratedToken, GenerationResult } from '@minigpt4/llm-vicuna';
import type { TrimmedText } from './trimmed-text.js';

/** What {@link readAnswer} has read. */
export interface ReadAnswer {
  readonly tokens: readonly GeneratedToken[];
  readonly finishReason: FinishReason;
  /** Absent where the text ended before the ids did. */
  readonly result?: GenerationResult;
  /** When the first id came, by `performance.now()`; undefined when none came. */
  readonly firstAt?: number;
}

/**
 * Turns ids into pieces of text as they become certain, up to a stop text; `toEnd` waits for the result in any case,
 * which tells of other answers.
 */
export async function* readAnswer(
  generated: AsyncGenerator<GeneratedToken, GenerationResult>,
  text: TrimmedText,
  toEnd: boolean,
): AsyncGenerator<string, ReadAnswer> {
  const tokens: GeneratedToken[] = [];
  let result: GenerationResult | undefined;
  let firstAt: number | undefined;
  while (toEnd || !text.ended) {
    const next = await generated.next();
    if (next.done === true) {
      result = next.value;
      break;
    }
    firstAt ??= performance.now();
    tokens.push(next.value);
    const piece = text.push(next.value.id);
    if (piece !== '') yield piece;
  }
  const finishReason = result?.finishReason ?? 'stop';
  const ids = tokens.map(token => token.id);
  if (!result) await generated.return({ ids, finishReason, sequences: [ids] });
  const rest = text.finish();
  if (rest !== '') yield rest;
  return { tokens, finishReason, ...(result && { result }), ...(firstAt !== undefined && { firstAt }) };
}
