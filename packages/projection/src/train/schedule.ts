import { MiniGPT4Error } from '@minigpt4/core';

/** The numbers of `linear_warmup_cosine_lr`, named as in the original's YAML files. */
export interface LinearWarmupCosineOptions {
  /** Learning rate at the top. */
  readonly initLr: number;
  /** Learning rate at the end of the cosine. */
  readonly minLr: number;
  /** Learning rate of the first step. Defaults to `initLr`, as does any negative number. */
  readonly warmupLr?: number;
  /** Steps of the ramp. Defaults to 0. */
  readonly warmupSteps?: number;
  /** Epochs of the whole run. */
  readonly maxEpoch: number;
  /** Steps of an epoch. */
  readonly itersPerEpoch: number;
}

/**
 * The learning rate of each optimisation step (counted from 0), taken before the step, exactly as the original
 * (`optims.py`, LinearWarmupCosineLRScheduler) sets it, its two oddities included: the ramp follows the step within the
 * epoch, so that a warm-up longer than an epoch starts again with every epoch, and the cosine runs over the whole
 * training from step 0, so that the rate drops when the warm-up ends.
 * @throws `SCHEDULE_INVALID` for lengths that are no positive integers.
 */
export function linearWarmupCosine(options: LinearWarmupCosineOptions): (step: number) => number {
  const { initLr, minLr, warmupLr = -1, warmupSteps = 0, maxEpoch, itersPerEpoch } = options;
  for (const [name, value] of Object.entries({ maxEpoch, itersPerEpoch })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new MiniGPT4Error(
      'SCHEDULE_INVALID',
      `linearWarmupCosine: bad ${name}, expected a positive integer, got ${value}. Correct the run's settings.`,
    );
  }
  const startLr = warmupLr < 0 ? initLr : warmupLr;
  return step => {
    if (step < warmupSteps) {
      const ramp = startLr + ((initLr - startLr) * (step % itersPerEpoch)) / Math.max(warmupSteps, 1);
      return Math.min(initLr, ramp);
    }
    const progress = step / (maxEpoch * itersPerEpoch);
    return minLr + (initLr - minLr) * 0.5 * (1 + Math.cos(Math.PI * progress));
  };
}
