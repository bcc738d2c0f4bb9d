import { captionWords } from './caption-words.js';
import { countNgrams } from './count-ngrams.js';

/** A caption to be judged and the captions people wrote for the same picture. */
export interface JudgedCaption {
  readonly candidate: string;
  /** At least one. */
  readonly references: readonly string[];
}

/** What the caption metrics may be told. */
export interface CaptionMetricOptions {
  /** Cuts a text into words. Defaults to lower-case words without punctuation. */
  readonly words?: (text: string) => readonly string[];
}

/** BLEU and its parts, over all captions together. */
export interface Bleu {
  /** BLEU-4 in [0, 1]: the brevity penalty times the geometric mean of the four precisions. */
  readonly score: number;
  /** Clipped precision of runs of 1, 2, 3 and 4 words. */
  readonly precisions: readonly number[];
  /** 1 where the candidates are longer than the closest references, else exp(1 − reference length / candidate length). */
  readonly brevityPenalty: number;
}

const orders = [1, 2, 3, 4];

function matchesOf(candidate: readonly string[], references: readonly (readonly string[])[], order: number): number {
  const allowed = references.map(reference => countNgrams(reference, order));
  let matches = 0;
  for (const [ngram, count] of countNgrams(candidate, order)) {
    matches += Math.min(count, Math.max(...allowed.map(counts => counts.get(ngram) ?? 0)));
  }
  return matches;
}

/** The reference length closest to the candidate's; of two equally close ones the shorter. */
function closestLength(length: number, references: readonly (readonly string[])[]): number {
  const lengths = references.map(reference => reference.length).toSorted((a, b) => a - b);
  return lengths.reduce((best, next) => (Math.abs(next - length) < Math.abs(best - length) ? next : best));
}

/**
 * Corpus BLEU-4 without smoothing: 0 where no run of four words is right.
 *
 * Follows Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation", with the closest reference length.
 */
export function bleu(captions: readonly JudgedCaption[], { words = captionWords }: CaptionMetricOptions = {}): Bleu {
  const matches = orders.map(() => 0);
  const totals = orders.map(() => 0);
  let candidateLength = 0;
  let referenceLength = 0;
  for (const caption of captions) {
    const candidate = words(caption.candidate);
    const references = caption.references.map(words);
    candidateLength += candidate.length;
    referenceLength += closestLength(candidate.length, references);
    for (const [i, order] of orders.entries()) {
      matches[i]! += matchesOf(candidate, references, order);
      totals[i]! += Math.max(0, candidate.length - order + 1);
    }
  }
  const precisions = matches.map((count, i) => (totals[i] === 0 ? 0 : count / totals[i]!));
  const brevityPenalty = candidateLength > referenceLength ? 1 : Math.exp(1 - referenceLength / candidateLength);
  const meanLog = precisions.reduce((sum, precision) => sum + Math.log(precision), 0) / orders.length;
  return { score: candidateLength === 0 ? 0 : brevityPenalty * Math.exp(meanLog), precisions, brevityPenalty };
}
