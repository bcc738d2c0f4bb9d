import { MiniGPT4Error } from '@minigpt4/core';
import type { ShuffleState } from '@minigpt4/data-curation';
import type { SkipCounts } from './picture-skips.js';

/** A sample, ready for the projection. */
export interface TrainingSample {
  readonly key: string;
  /** Ids to learn, end symbol included. */
  readonly ids: readonly number[];
  /** Whether there is nothing to learn but the end symbol. */
  readonly isEmpty: boolean;
  /** (tokens, width); not to be changed. */
  readonly features: Float32Array;
}

/** Where a set stands. Plain numbers, to be kept as JSON. */
export interface SetState {
  /** Passes over the set that are behind. */
  readonly epoch: number;
  /** Samples of this pass that were handed out or left out. */
  readonly position: number;
  /** The buffer of a stream. */
  readonly shuffle?: ShuffleState;
}

/** An endless, shuffled supply of samples that can go on where it once stood. */
export interface TrainingSet {
  /** The next samples. @throws `DATA_EMPTY` when a whole pass gives none */
  take(count: number): Promise<TrainingSample[]>;
  state(): SetState;
  /** What was left out so far. */
  skipped(): SkipCounts;
}

/** The error for a set without a usable sample. */
export function noSamples(where: string, skipped: SkipCounts): MiniGPT4Error {
  const reasons = skipped.examples[0] === undefined ? 'an empty set' : `only broken ones: ${skipped.examples[0]}`;
  return new MiniGPT4Error(
    'DATA_EMPTY',
    `${where}: no samples, expected at least one picture with a caption, got ${reasons}. Check --data.`,
  );
}
