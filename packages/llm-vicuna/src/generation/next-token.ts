import type { Random } from '@minigpt4/core';
import type { ResolvedOptions } from './generation-options.js';
import { drawOne, logitsProcessors, mostLikely } from './sampling.js';
import { largestIndices, logSumExp } from './scores.js';
import { endsWithSequence } from './stop.js';

/** Why an answer ended: by an end-of-sequence id or stop sequence, by the limit, or by the signal. */
export type FinishReason = 'stop' | 'length' | 'abort';

/** An id and the natural logarithm of the probability the model itself gave it, before any processor. */
export interface TokenProbability {
  readonly id: number;
  readonly logProbability: number;
}

/** One id of an answer, as it comes. */
export interface GeneratedToken {
  readonly id: number;
  /** Natural logarithm of the probability the model itself gave the id, before any processor; absent with beams. */
  readonly logProbability?: number;
  /** The likeliest ids in its place, best first, as many as `logProbabilities` asks for; absent when that is 0. */
  readonly alternatives?: readonly TokenProbability[];
}

/** Chooses the id that follows `generated` from the model's logits, which are left as they are. */
export type ChooseToken = (
  logits: Float32Array,
  generated: readonly number[],
) => GeneratedToken & { readonly logProbability: number };

/** How the options choose an id: processed scores, then the likeliest, or above temperature 0 a draw. */
export function tokenChooser(options: ResolvedOptions, random: Random): ChooseToken {
  const processors = logitsProcessors(options);
  const { temperature, logProbabilities } = options;
  return (logits, generated) => {
    const scores = logits.slice();
    for (const process of processors) process(scores, generated);
    const id = temperature > 0 ? drawOne(scores, random) : mostLikely(scores);
    const normaliser = logSumExp(logits);
    const probability = (of: number): TokenProbability => ({ id: of, logProbability: logits[of]! - normaliser });
    if (logProbabilities === 0) return probability(id);
    return { ...probability(id), alternatives: largestIndices(logits, logProbabilities).map(probability) };
  };
}

/** Why an answer of these ids ends with the last of them; undefined when it goes on. */
export function reasonToEnd(ids: readonly number[], options: ResolvedOptions): 'stop' | 'length' | undefined {
  if (options.eosIds.includes(ids.at(-1)!) || endsWithSequence(ids, options.stopSequences)) return 'stop';
  return ids.length >= options.maxNewTokens ? 'length' : undefined;
}
