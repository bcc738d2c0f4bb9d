import type { Random } from '@minigpt4/core';
import type { ResolvedOptions } from './generation-options.js';
import { largestIndices, largestScore, softmax } from './scores.js';

/**
 * Changes the scores of the next token in place. `generated` holds the ids made so far: the prompt is embeddings, so no
 * processor sees it (the original inherits this from Hugging Face's `generate` with `inputs_embeds`).
 */
export type LogitsProcessor = (scores: Float32Array, generated: readonly number[]) => void;

/** Adds a number to the scores of single ids; minus infinity rules an id out. */
export function logitBias(biases: Readonly<Record<number, number>>): LogitsProcessor {
  const entries = Object.entries(biases).map(([id, bias]) => [Number(id), bias] as const);
  return scores => {
    for (const [id, bias] of entries) scores[id] = scores[id]! + bias;
  };
}

/** Makes ids that were generated before less likely: a negative score times `penalty`, any other divided by it (CTRL, section 4.1). */
export function repetitionPenalty(penalty: number): LogitsProcessor {
  return (scores, generated) => {
    for (const id of new Set(generated)) scores[id] = scores[id]! < 0 ? scores[id]! * penalty : scores[id]! / penalty;
  };
}

/** Lowers the score of every id that was generated before: by `penalty`, however often it was. */
export function presencePenalty(penalty: number): LogitsProcessor {
  return (scores, generated) => {
    for (const id of new Set(generated)) scores[id] = scores[id]! - penalty;
  };
}

/** Lowers the score of every id that was generated before: by `penalty` for each time it was. */
export function frequencyPenalty(penalty: number): LogitsProcessor {
  return (scores, generated) => {
    const counts = new Map<number, number>();
    for (const id of generated) counts.set(id, (counts.get(id) ?? 0) + 1);
    for (const [id, count] of counts) scores[id] = scores[id]! - penalty * count;
  };
}

/** Keeps an answer from ending before it has `count` ids. */
export function minNewTokens(count: number, eosIds: readonly number[]): LogitsProcessor {
  return (scores, generated) => {
    if (generated.length >= count) return;
    for (const id of eosIds) scores[id] = Number.NEGATIVE_INFINITY;
  };
}

/** Divides every score by `value`: below 1 sharpens the choice, above 1 flattens it. */
export function temperature(value: number): LogitsProcessor {
  return scores => {
    for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / value;
  };
}

/** Leaves the `count` largest scores, and any that equal the last of them. `keep` is the least that stays. */
export function topK(count: number, keep = 1): LogitsProcessor {
  return scores => {
    const last = largestIndices(scores, Math.max(count, keep)).at(-1)!;
    const threshold = scores[last]!;
    for (let i = 0; i < scores.length; i++) if (scores[i]! < threshold) scores[i] = Number.NEGATIVE_INFINITY;
  };
}

/**
 * Leaves the smallest set of ids that holds the probability `mass` (nucleus sampling, Holtzman et al. 2019): from the
 * least likely up, an id goes while the probability so far is at most 1 − mass. `keep` is the least that stays.
 */
export function topP(mass: number, keep = 1): LogitsProcessor {
  return scores => {
    const probabilities = softmax(scores);
    const possible = Uint32Array.from(scores.keys()).filter(id => scores[id]! > Number.NEGATIVE_INFINITY);
    const ascending = possible.sort((a, b) => scores[a]! - scores[b]!);
    const spare = Math.fround(1 - mass); // compared in float32, as the original does
    let cumulative = 0;
    for (const id of ascending.subarray(0, Math.max(0, ascending.length - keep))) {
      cumulative += probabilities[id]!;
      if (Math.fround(cumulative) > spare) return;
      scores[id] = Number.NEGATIVE_INFINITY;
    }
  };
}

/**
 * Leaves the ids that are at least `share` as likely as the likeliest (min-p sampling, Nguyen et al. 2024, section 3).
 * `keep` is the least that stays.
 */
export function minP(share: number, keep = 1): LogitsProcessor {
  return scores => {
    const probabilities = softmax(scores);
    const least = Math.fround(share * probabilities.reduce((a, b) => Math.max(a, b), 0));
    const kept = new Set(largestIndices(scores, keep));
    for (const [id, probability] of probabilities.entries()) {
      if (probability < least && !kept.has(id)) scores[id] = Number.NEGATIVE_INFINITY;
    }
  };
}

/**
 * The processors that the options ask for, in the order of Hugging Face's `generate`: logit bias; repetition, presence
 * and frequency penalty; the mask of `minNewTokens`; the caller's own; then, for a sampled answer alone, temperature,
 * top-k, top-p and min-p. With beams, two or more candidates must survive so that none runs dry.
 */
export function logitsProcessors(options: ResolvedOptions): LogitsProcessor[] {
  const sampled = options.temperature > 0;
  const keep = options.beams > 1 ? Math.max(2, options.eosIds.length + 1) : 1;
  const entries: [boolean, () => LogitsProcessor][] = [
    [Object.keys(options.logitBias).length > 0, () => logitBias(options.logitBias)],
    [options.repetitionPenalty !== 1, () => repetitionPenalty(options.repetitionPenalty)],
    [options.presencePenalty !== 0, () => presencePenalty(options.presencePenalty)],
    [options.frequencyPenalty !== 0, () => frequencyPenalty(options.frequencyPenalty)],
    [options.minNewTokens > 0 && options.eosIds.length > 0, () => minNewTokens(options.minNewTokens, options.eosIds)],
    ...options.processors.map((process): [boolean, () => LogitsProcessor] => [true, () => process]),
    [sampled && options.temperature !== 1, () => temperature(options.temperature)],
    [sampled && options.topK > 0, () => topK(options.topK, keep)],
    [sampled && options.topP < 1, () => topP(options.topP, keep)],
    [sampled && options.minP > 0, () => minP(options.minP, keep)],
  ];
  return entries.filter(([wanted]) => wanted).map(([, make]) => make());
}

/** The id of the largest score; the lower id of equal ones. */
export function mostLikely(scores: Float32Array): number {
  return scores.indexOf(largestScore(scores));
}

/** An id drawn with the probabilities that the scores stand for. */
export function drawOne(scores: Float32Array, random: Random): number {
  const probabilities = softmax(scores);
  let left = random.uniform() * probabilities.reduce((sum, probability) => sum + probability, 0);
  let last = 0;
  for (let id = 0; id < probabilities.length; id++) {
    if (probabilities[id] === 0) continue;
    last = id;
    left -= probabilities[id]!;
    if (left < 0) break;
  }
  return last;
}

/**
 * Indices of `count` different scores, drawn one after another without putting back, by adding Gumbel noise to each and
 * taking the largest (Kool et al. 2019). Scores of minus infinity come only when nothing else is left.
 */
export function drawSeveral(scores: Float32Array, count: number, random: Random): number[] {
  const noisy = Float64Array.from(scores, score =>
    score === Number.NEGATIVE_INFINITY ? score : score - Math.log(-Math.log(1 - random.uniform())),
  );
  return largestIndices(noisy, count);
}
