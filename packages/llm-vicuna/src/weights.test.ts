import { describe, expect, it } from 'vitest';
import { unusedLlamaWeights } from './weights.js';

describe('unusedLlamaWeights', () => {
  const matches = (name: string) => unusedLlamaWeights.some(pattern => pattern.test(name));

  it('knows the buffers of rotary positions, and excuses nothing else', () => {
    expect(matches('model.layers.31.self_attn.rotary_emb.inv_freq')).toBe(true);
    const others = [
      'model.layers.0.self_attn.q_proj.weight',
      'lm_head.weight',
      'inv_freq',
      'model.rotary_emb.inv_freq.weight',
    ];
    expect(others.filter(matches)).toEqual([]);
  });
});
