import type { CaptionMetricOptions, JudgedCaption } from './bleu.js';
import { captionWords } from './caption-words.js';
import { countNgrams } from './count-ngrams.js';

/** CIDEr-D of a set of captions. */
export interface Cider {
  /** Mean over the captions, from 0 to 10. */
  readonly score: number;
  /** One score for each caption. */
  readonly scores: readonly number[];
}

const orders = [1, 2, 3, 4];

// width of the Gaussian penalty on a difference in length, in words
const sigma = 6;
const scale = 10;

/** Weighted counts of runs of one order, and their Euclidean length. */
interface Vector {
  readonly weights: ReadonlyMap<string, number>;
  readonly norm: number;
}

/** In how many pictures' references each run of words occurs. */
function documentFrequencies(references: readonly (readonly (readonly string[])[])[]): Map<string, number> {
  const frequencies = new Map<string, number>();
  for (const ofPicture of references) {
    const present = new Set(ofPicture.flatMap(words => orders.flatMap(order => [...countNgrams(words, order).keys()])));
    for (const ngram of present) frequencies.set(ngram, (frequencies.get(ngram) ?? 0) + 1);
  }
  return frequencies;
}

/** Similarity of one candidate to one reference for one order: the candidate's weights are cut to the reference's. */
function similarity(candidate: Vector, reference: Vector): number {
  if (candidate.norm === 0 || reference.norm === 0) return 0;
  let product = 0;
  for (const [ngram, weight] of candidate.weights) {
    const other = reference.weights.get(ngram) ?? 0;
    product += Math.min(weight, other) * other;
  }
  return product / (candidate.norm * reference.norm);
}

/**
 * CIDEr-D: agreement of captions with those of people, runs of words weighted by how rare they are among the references of this very set,
 * so a score means something only beside others on the same set, and a single picture always scores 0.
 *
 * Follows Vedantam et al. 2015, "CIDEr: Consensus-based Image Description Evaluation", section 5.2 (CIDEr-D, sigma 6).
 */
export function cider(captions: readonly JudgedCaption[], { words = captionWords }: CaptionMetricOptions = {}): Cider {
  const references = captions.map(caption => caption.references.map(words));
  const frequencies = documentFrequencies(references);
  const logPictures = Math.log(captions.length);

  function vector(of: readonly string[], order: number): Vector {
    const weights = new Map<string, number>();
    for (const [ngram, count] of countNgrams(of, order)) {
      weights.set(ngram, count * (logPictures - Math.log(Math.max(1, frequencies.get(ngram) ?? 0))));
    }
    return { weights, norm: Math.hypot(...weights.values()) };
  }

  function scoreOf(candidate: readonly string[], others: readonly (readonly string[])[]): number {
    let sum = 0;
    for (const order of orders) {
      const own = vector(candidate, order);
      for (const other of others) {
        const penalty = Math.exp(-((candidate.length - other.length) ** 2) / (2 * sigma ** 2));
        sum += similarity(own, vector(other, order)) * penalty;
      }
    }
    return (scale * sum) / (orders.length * others.length);
  }

  const scores = captions.map((caption, i) => scoreOf(words(caption.candidate), references[i]!));
  const score = scores.length === 0 ? 0 : scores.reduce((sum, one) => sum + one, 0) / scores.length;
  return { score, scores };
}
