import { MiniGPT4Error } from '@minigpt4/core';

/** The largest value. @throws `LOGITS_NOT_FINITE` for not-a-number anywhere, or when nothing is above minus infinity. */
export function largestScore(scores: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    if (score > largest) largest = score;
    else if (Number.isNaN(score)) largest = Number.NaN;
    if (Number.isNaN(largest)) break;
  }
  if (Number.isFinite(largest)) return largest;
  throw new MiniGPT4Error(
    'LOGITS_NOT_FINITE',
    `generate: the model's scores are broken, expected a finite largest score, got ${largest}. Check the weights, and the precision they run in.`,
  );
}

/** log of the sum of exponentials of the scores, in double precision. */
export function logSumExp(scores: Float32Array): number {
  const largest = largestScore(scores);
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - largest);
  return largest + Math.log(sum);
}

/** Natural logarithms of the probabilities that the scores stand for. */
export function logSoftmax(scores: Float32Array): Float32Array {
  const normaliser = logSumExp(scores);
  return scores.map(score => score - normaliser);
}

/** Probabilities that the scores stand for; a score of minus infinity has probability 0, exactly. */
export function softmax(scores: Float32Array): Float32Array {
  const normaliser = logSumExp(scores);
  return scores.map(score => Math.exp(score - normaliser));
}

/** Where `score` belongs in `kept`, which descends: behind all that are as large. */
function insertionPoint(kept: Float64Array, count: number, score: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (kept[middle]! >= score) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Indices of the `count` largest scores, largest first; of equal ones the earlier first. */
export function largestIndices(scores: ArrayLike<number>, count: number): number[] {
  const size = Math.min(count, scores.length);
  const kept = new Float64Array(size);
  const indices = new Int32Array(size);
  let filled = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (filled === size && score <= kept[size - 1]!) continue;
    const at = insertionPoint(kept, filled, score);
    kept.copyWithin(at + 1, at, size - 1);
    indices.copyWithin(at + 1, at, size - 1);
    kept[at] = score;
    indices[at] = i;
    if (filled < size) filled++;
  }
  return [...indices];
}
