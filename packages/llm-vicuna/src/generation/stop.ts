import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** True when `ids` end with one of the sequences. */
export function endsWithSequence(ids: readonly number[], sequences: readonly (readonly number[])[]): boolean {
  return sequences.some(
    sequence =>
      ids.length >= sequence.length && sequence.every((id, i) => id === ids[ids.length - sequence.length + i]),
  );
}

/** Where a stop text was found. */
export interface StopMatch {
  /** Index of its first character. */
  readonly index: number;
  /** The stop text. */
  readonly stop: string;
}

/** The stop text that is complete first as the text grows, and of several that end together the longest. */
export function firstStop(text: string, stops: readonly string[]): StopMatch | undefined {
  let first: StopMatch | undefined;
  for (const stop of stops) {
    const index = text.indexOf(stop);
    if (index < 0) continue;
    const end = index + stop.length;
    const firstEnd = first ? first.index + first.stop.length : Number.POSITIVE_INFINITY;
    if (end < firstEnd || (end === firstEnd && stop.length > first!.stop.length)) first = { index, stop };
  }
  return first;
}

/** How many characters at the end of `text` may turn out to begin a stop text. */
export function heldBack(text: string, stops: readonly string[]): number {
  let held = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > held; length--) {
      if (text.endsWith(stop.slice(0, length))) held = length;
    }
  }
  return held;
}

/**
 * The id sequences that read `text` in an answer: as pieces that begin a word, and as pieces that follow a letter. For
 * `###` on LLaMA's tokenizer these are the original's [835] and [2277, 29937] (demo.py). Pieces may merge with their
 * neighbours in yet other ways (`####` is one piece), so watch the decoded text as well ({@link TextStream}).
 */
export function stopSequences(tokenizer: Tokenizer, text: string): number[][] {
  const before = tokenizer.encode('a');
  const alone = tokenizer.encode(text);
  const attached = tokenizer.encode(`a${text}`);
  const follows = before.every((id, i) => id === attached[i]) ? attached.slice(before.length) : [];
  const same = follows.length === alone.length && follows.every((id, i) => id === alone[i]);
  return [alone, same ? [] : follows].filter(ids => ids.length > 0);
}
