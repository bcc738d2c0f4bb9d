import { MiniGPT4Error } from '@minigpt4/core';
import { currentScope, type Dim, type Tensor } from '@minigpt4/onnx-graph';

/** (batch, tokens, heads · headSize) to (batch, heads, tokens, headSize). @throws `SHAPE_MISMATCH` for a width that heads do not divide */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, tokens, width] = x.shape as [Dim, Dim, number];
  if (width % heads !== 0) {
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `${currentScope()}/splitHeads: heads do not divide the width, expected a divisor of ${width}, got ${heads}. Correct the number of heads.`,
    );
  }
  return x.reshape([batch, tokens, heads, width / heads]).transpose([0, 2, 1, 3]);
}

/** (batch, heads, tokens, headSize) to (batch, tokens, heads · headSize). */
export function mergeHeads(x: Tensor): Tensor {
  const [batch, heads, tokens, headSize] = x.shape as [Dim, number, Dim, number];
  return x.transpose([0, 2, 1, 3]).reshape([batch, tokens, heads * headSize]);
}

/**
 * softmax(scale · Q · Kᵀ) · V without a mask: queries (batch, heads, tokens, headSize), keys and values
 * (batch, heads, others, headSize) to (batch, heads, tokens, headSize).
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, scale: number): Tensor {
  const weights = q.fusedMatmul(k, { transposeB: true, scale }).softmax(); // (batch, heads, tokens, others)
  return weights.matmul(v);
}
