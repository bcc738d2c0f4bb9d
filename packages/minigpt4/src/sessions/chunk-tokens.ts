import type { LlamaConfig } from '@minigpt4/llm-vicuna';

const mostTokens = 128;
const leastTokens = 16;

/** Multiplications of one run: a second or a few on two cores. */
const runMultiplications = 2 ** 39;

/**
 * Tokens of a prompt computed in one run, so that a cancel is felt within one of them: 128, or for large models a
 * smaller power of two. It follows from the sizes alone, not from a measurement, because other chunks give other last
 * digits.
 */
export function chunkTokensOf(config: LlamaConfig): number {
  const { layers, width, intermediateWidth, heads, kvHeads, headSize } = config;
  const perToken = layers * width * (2 * (heads + kvHeads) * headSize + 3 * intermediateWidth);
  const tokens = 2 ** Math.floor(Math.log2(runMultiplications / perToken));
  return Math.max(leastTokens, Math.min(mostTokens, tokens));
}
