import type { Tokenizer } from '@minigpt4/llm-vicuna';
import type { PromptSegments } from '@minigpt4/prompt-templates';
import { IdReader, type TextOfIds } from './id-reader.js';

/** Ids of one segment of a prompt. */
export interface SegmentIds {
  readonly ids: readonly number[];
  /** Where in them answers of the model begin. */
  readonly answers: readonly number[];
}

/**
 * Ids of a conversation's segments, turn after turn. A segment that reads as it did before keeps the ids it had, those
 * that the model itself chose included, so that their keys and values need not be computed again; what is new has the
 * ids of the whole segment tokenised at once, as the original has them. White space in front of an answer is the
 * model's own affair: after `###Assistant: ` in training it says one space more than a conversation is written with.
 */
export class PromptIds {
  #known: readonly SegmentIds[] = [];
  readonly #reader: IdReader;

  constructor(private readonly tokenizer: Tokenizer) {
    this.#reader = new IdReader(tokenizer);
  }

  /** Ids of each segment; changes nothing. */
  of({ segments, bos }: PromptSegments): SegmentIds[] {
    return segments.map((segment, i) => {
      const fresh = this.tokenizer.encode(segment, { bos: bos && i === 0 });
      return continued(this.#reader, this.#known[i] ?? { ids: [], answers: [] }, fresh);
    });
  }

  /** Remembers what was read, and what the model said behind it. */
  remember(read: readonly SegmentIds[], said: readonly number[]): void {
    this.#known = read.map((segment, i) => {
      const { ids, answers } = segment;
      return i < read.length - 1 ? segment : { ids: [...ids, ...said], answers: [...answers, ids.length] };
    });
  }
}

/** The text of `fresh`, by as many ids of `known` from the start as read the same up to a border of ids in both. */
function continued(reader: IdReader, known: SegmentIds, fresh: readonly number[]): SegmentIds {
  if (known.ids.every((id, i) => id === fresh[i])) return { ids: fresh, answers: known.answers };
  const [was, is] = [reader.read(known.ids), reader.read(fresh)];
  const borders = new Set(is.ends);
  let [kept, from] = [0, 0];
  for (const { start, end, shift } of equalParts(was, is.text, known.answers)) {
    const border = was.ends.findLast(at => at >= start && at <= end && borders.has(at + shift));
    if (border === undefined) continue;
    [kept, from] = [was.ends.indexOf(border) + 1, is.ends.indexOf(border + shift) + 1];
  }
  return { ids: [...known.ids.slice(0, kept), ...fresh.slice(from)], answers: known.answers.filter(at => at <= kept) };
}

/** A range of a text, and how far behind it the same characters stand in another. */
interface EqualPart {
  readonly start: number;
  readonly end: number;
  readonly shift: number;
}

/** What two texts have in common from their start on, but for white space where answers begin. */
function equalParts({ text, ends }: TextOfIds, other: string, answers: readonly number[]): EqualPart[] {
  const parts: EqualPart[] = [];
  let [at, shift] = [0, 0];
  for (const answer of [...answers, ends.length]) {
    const until = text.slice(0, ends[answer - 1] ?? 0).trimEnd().length;
    const limit = answer === ends.length ? text.length : until;
    const start = at;
    while (at < limit && text[at] === other[at + shift]) at++;
    parts.push({ start, end: at, shift });
    if (at < limit) break;
    const otherAt = wordAt(other, at + shift);
    at = wordAt(text, at);
    shift = otherAt - at;
  }
  return parts;
}

/** The first position from `start` on that holds no white space. */
function wordAt(text: string, start: number): number {
  let at = start;
  while (at < text.length && /\s/.test(text[at]!)) at++;
  return at;
}
