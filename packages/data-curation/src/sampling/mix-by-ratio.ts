import { MiniGPT4Error, type Random, random, randomFromState } from '@minigpt4/core';

/** What {@link mixByRatio} needs to know. */
export interface MixOptions {
  /** Weight of each set, zero or more; only their relation counts, as in `sample_ratio` 115 : 14. */
  readonly ratios: readonly number[];
  /** Where the random choice starts. Defaults to 0. */
  readonly seed?: number;
  /** A state taken from an earlier mixer, to go on where that one stood; the seed then counts for nothing. */
  readonly state?: readonly number[];
}

/** Chooses a set for each training step. */
export interface Mixer {
  /** The position of the set that the next step takes its whole batch from. */
  next(): number;
  /** To be given to {@link mixByRatio} for an exact resume. */
  state(): number[];
}

function checkRatios(ratios: readonly number[]): number {
  const total = ratios.reduce((sum, ratio) => sum + ratio, 0);
  if (ratios.every(ratio => ratio >= 0) && total > 0 && Number.isFinite(total)) return total;
  throw new MiniGPT4Error(
    'INVALID_RATIO',
    `mixByRatio: expected ratios of zero or more with a positive sum, got [${ratios.join(', ')}]. Give one ratio for each set.`,
  );
}

/**
 * A seeded choice of one set per step with probability ratio / sum; batches stay homogeneous, as with the original's `MultiIterLoader`.
 *
 * @throws `INVALID_RATIO`.
 */
export function mixByRatio({ ratios, seed = 0, state }: MixOptions): Mixer {
  const total = checkRatios(ratios);
  const chance: Random = state ? randomFromState(state) : random(seed);
  const lastPossible = ratios.findLastIndex(ratio => ratio > 0);
  return {
    next() {
      let rest = chance.uniform() * total;
      for (let i = 0; i < lastPossible; i++) {
        rest -= ratios[i]!;
        if (rest < 0) return i;
      }
      // also where rounding leaves a rest
      return lastPossible;
    },
    state: () => chance.state(),
  };
}
