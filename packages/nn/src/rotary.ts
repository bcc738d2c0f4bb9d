import { hostTensor } from '@minigpt4/core';
import { constant, type Tensor } from '@minigpt4/onnx-graph';

/** Sizes of the tables of rotary positions. */
export interface RotaryConfig {
  /** Width of one head; even. */
  readonly headSize: number;
  /** Positions to prepare. */
  readonly positions: number;
  /** Base of the wave lengths. */
  readonly theta: number;
}

/** Rotates (batch, tokens, heads · headSize) by positions, int64 (batch, tokens). */
export type Rotate = (x: Tensor, positionIds: Tensor) => Tensor;

/**
 * Rotates each head of (batch, tokens, heads · headSize) by its token's position, int64 (batch, tokens), in the
 * half-split form of Hugging Face's LLaMA (`modeling_llama.py`): x · cos + rotateHalf(x) · sin.
 * Angles are rounded to float32 at the same places as there.
 */
export function rotary({ headSize, positions, theta }: RotaryConfig): Rotate {
  const half = headSize / 2;
  const cosines = new Float32Array(positions * half);
  const sines = new Float32Array(positions * half);
  for (let i = 0; i < half; i++) {
    const inverseFrequency = Math.fround(1 / Math.fround(theta ** ((2 * i) / headSize)));
    for (let position = 0; position < positions; position++) {
      const angle = Math.fround(position * inverseFrequency);
      cosines[position * half + i] = Math.cos(angle);
      sines[position * half + i] = Math.sin(angle);
    }
  }
  const cosineTable = constant(hostTensor('float32', [positions, half], cosines));
  const sineTable = constant(hostTensor('float32', [positions, half], sines));
  return (x, positionIds) => x.rotaryEmbedding(positionIds, cosineTable.cast(x.dtype), sineTable.cast(x.dtype));
}
