import { hostTensor, MiniGPT4Error, random } from '@minigpt4/core';
import type { ProjectionWeights } from './weights.js';

/** Sizes and seed of a fresh projection. */
export interface InitialProjectionOptions {
  /** Width of the vectors that come in, such as 768 after the Q-Former. */
  readonly inputWidth: number;
  /** Width of the language model's embeddings, such as 4096. */
  readonly outputWidth: number;
  /** Integer; the same seed gives the same values on every machine. */
  readonly seed: number;
}

/**
 * A fresh projection with PyTorch's default values for a Linear layer: weight and bias uniform in ±1/√inputWidth.
 * The distribution is PyTorch's, the stream of random numbers our own.
 * @throws `SHAPE_INVALID` for a width that is no positive integer.
 */
export function initialProjection({ inputWidth, outputWidth, seed }: InitialProjectionOptions): ProjectionWeights {
  for (const [name, width] of Object.entries({ inputWidth, outputWidth })) {
    if (Number.isSafeInteger(width) && width > 0) continue;
    throw new MiniGPT4Error(
      'SHAPE_INVALID',
      `initialProjection: bad ${name}, expected a positive integer, got ${width}. Take the widths from the model's config.`,
    );
  }
  const stream = random(seed);
  const bound = 1 / Math.sqrt(inputWidth);
  const uniform = (length: number) => Float32Array.from({ length }, () => (2 * stream.uniform() - 1) * bound);
  return {
    weight: hostTensor('float32', [outputWidth, inputWidth], uniform(outputWidth * inputWidth)),
    bias: hostTensor('float32', [outputWidth], uniform(outputWidth)),
  };
}
