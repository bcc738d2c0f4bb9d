import { hostTensor, type HostTensor } from '@minigpt4/core';
import type { KVCache, TokenPlace } from '@minigpt4/llm-vicuna';

/** Added to the score of a row that must not be seen: the most negative float32, as in the original. */
const masked = -3.4028234663852886e38;

/** What tells a decoder where its new tokens stand: inputs of `decoderStep` of `@minigpt4/llm-vicuna`. */
export interface AttentionInputs {
  /** int64 (batch, tokens). */
  readonly position_ids: HostTensor<'int64'>;
  /** float32 (batch, 1, tokens, 1 + cache.length + tokens): 0 for what a token sees, very negative for the rest. */
  readonly attention_bias: HostTensor<'float32'>;
}

/**
 * Tokens that follow the cache one after another: each sees itself and all real rows before it in its sequence. The
 * cache's reserved first row is hidden from all.
 */
export function causalInputs(cache: KVCache, tokens: number): AttentionInputs {
  const { batch, length } = cache;
  const keys = 1 + length + tokens;
  const positions = new BigInt64Array(batch * tokens);
  const bias = new Float32Array(batch * tokens * keys);
  for (let sequence = 0; sequence < batch; sequence++) {
    const visible = withoutGaps(cache, sequence, keys);
    for (let token = 0; token < tokens; token++) {
      const at = sequence * tokens + token;
      const row = bias.subarray(at * keys, (at + 1) * keys);
      row.set(visible);
      row.fill(masked, 2 + length + token);
      // padding sees itself: with nothing to see, half precision gives no numbers, which would reach the real rows
      row[1 + length + token] = 0;
      positions[at] = BigInt(cache.positionOf(sequence, length + token));
    }
  }
  return asInputs({ positions, bias, batch, tokens });
}

/** Tokens behind a cache of batch 1, each at a place of its own. */
export function placedInputs({ length }: KVCache, places: readonly TokenPlace[]): AttentionInputs {
  const keys = 1 + length + places.length;
  const bias = new Float32Array(places.length * keys).fill(masked);
  places.forEach(({ sees }, token) => {
    for (const [from, to] of sees) bias.fill(0, token * keys + 1 + from, token * keys + 1 + to);
  });
  const positions = BigInt64Array.from(places, ({ position }) => BigInt(position));
  return asInputs({ positions, bias, batch: 1, tokens: places.length });
}

/** One row of bias over the reserved row and all others, which hides the first and a sequence's padding. */
function withoutGaps(cache: KVCache, sequence: number, keys: number): Float32Array {
  const row = new Float32Array(keys).fill(masked, 0, 1);
  for (const [from, to] of cache.gaps(sequence)) row.fill(masked, 1 + from, Math.min(1 + to, keys));
  return row;
}

function asInputs(given: {
  readonly positions: BigInt64Array;
  readonly bias: Float32Array;
  readonly batch: number;
  readonly tokens: number;
}): AttentionInputs {
  const { positions, bias, batch, tokens } = given;
  return {
    position_ids: hostTensor('int64', [batch, tokens], positions),
    attention_bias: hostTensor('float32', [batch, 1, tokens, bias.length / (batch * tokens)], bias),
  };
}
