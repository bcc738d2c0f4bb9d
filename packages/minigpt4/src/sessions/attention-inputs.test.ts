import { KVCache } from '@minigpt4/llm-vicuna';
import { describe, expect, it } from 'vitest';
import { causalInputs, placedInputs, type AttentionInputs } from './attention-inputs.js';

/** A cache of one number a row that holds `length` rows. */
function cacheOf(batch: number, length: number): KVCache {
  const cache = new KVCache({ layers: 1, batch, kvHeads: 1, headSize: 1 });
  const rows = new Float32Array(batch * length);
  cache.append(0, rows, rows, length);
  cache.advance(length);
  return cache;
}

/** Of each token, one after another over the batch: its position, and a letter for each row, `x` where it sees it. */
function drawn({ position_ids, attention_bias }: AttentionInputs): [number, string][] {
  const keys = attention_bias.shape.at(-1)!;
  return Array.from(position_ids.data, (position, token) => {
    const row = attention_bias.data.subarray(token * keys, (token + 1) * keys);
    return [Number(position), Array.from(row, bias => (bias === 0 ? 'x' : '.')).join('')];
  });
}

describe('causalInputs', () => {
  it('shows each token itself and what is before it, never the reserved row', () => {
    const inputs = causalInputs(cacheOf(1, 2), 3);
    expect(inputs.attention_bias.shape).toEqual([1, 1, 3, 6]);
    expect(drawn(inputs)).toEqual([
      [2, '.xxx..'],
      [3, '.xxxx.'],
      [4, '.xxxxx'],
    ]);
  });

  it('leaves out the padding of each sequence, also among the new tokens', () => {
    const cache = cacheOf(2, 3);
    cache.markGap(0, 1, 2);
    cache.markGap(1, 0, 4);
    const inputs = causalInputs(cache, 2);
    expect(inputs.position_ids.shape).toEqual([2, 2]);
    expect(drawn(inputs)).toEqual([
      [2, '.x.xx.'],
      [3, '.x.xxx'],
      [0, '....x.'],
      [0, '.....x'],
    ]);
  });
});

describe('placedInputs', () => {
  it('shows each token what it is told to see', () => {
    const inputs = placedInputs(cacheOf(1, 4), [
      {
        position: 3,
        sees: [
          [0, 2],
          [3, 5],
        ],
      },
      { position: 1, sees: [[5, 6]] },
    ]);
    expect(drawn(inputs)).toEqual([
      [3, '.xx.xx.'],
      [1, '......x'],
    ]);
  });
});
