import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { input } from '@minigpt4/onnx-graph';
import { normal, run } from '../test/run-graph.js';
import { mergeHeads, scaledDotProductAttention, splitHeads } from './attention.js';
import { Params } from './params.js';

const [batch, heads, tokens, others, headSize] = [2, 3, 2, 4, 5];

describe('splitHeads', () => {
  it('brings each head to the front of its tokens', async () => {
    const x = normal([batch, tokens, heads * headSize], 1);
    const y = splitHeads(input('x', 'float32', ['batch', 'tokens', heads * headSize]), heads);
    expect(y.shape).toEqual(['batch', heads, 'tokens', headSize]);
    const result = await run(y, { x });
    expect(result.shape).toEqual([batch, heads, tokens, headSize]);
    const expected = Array.from(result.data, (_, i) => {
      const [element, token] = [i % headSize, Math.floor(i / headSize) % tokens];
      const [head, row] = [Math.floor(i / (headSize * tokens)) % heads, Math.floor(i / (headSize * tokens * heads))];
      return x.data[((row * tokens + token) * heads + head) * headSize + element];
    });
    expect([...result.data]).toEqual(expected);
  });

  it('refuses a width that the heads do not divide, naming the module', () => {
    const x = input('x', 'float32', ['batch', 'tokens', 10]);
    expect(() =>
      Params.root()
        .at('attn')
        .scoped(() => splitHeads(x, 3)),
    ).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringMatching('^/attn/splitHeads: .* expected a divisor of 10, got 3'),
      }),
    );
  });

  it('is undone by mergeHeads', async () => {
    const x = normal([batch, tokens, heads * headSize], 2);
    const y = mergeHeads(splitHeads(input('x', 'float32', ['batch', 'tokens', heads * headSize]), heads));
    expect(y.shape).toEqual(['batch', 'tokens', heads * headSize]);
    expect(await run(y, { x })).toEqual(x);
  });
});

describe('scaledDotProductAttention', () => {
  it('mixes values by the softmax of scaled scores', async () => {
    const scale = 0.7;
    const q = normal([batch, heads, tokens, headSize], 3);
    const k = normal([batch, heads, others, headSize], 4);
    const v = normal([batch, heads, others, headSize], 5);
    const y = scaledDotProductAttention(
      input('q', 'float32', ['batch', heads, 'tokens', headSize]),
      input('k', 'float32', ['batch', heads, 'others', headSize]),
      input('v', 'float32', ['batch', heads, 'others', headSize]),
      scale,
    );
    expect(y.shape).toEqual(['batch', heads, 'tokens', headSize]);

    const range = (length: number) => Array.from({ length }, (_, i) => i);
    const expected = range(batch * heads * tokens).flatMap(row => {
      const group = Math.floor(row / tokens);
      const at = (other: number, e: number) => (group * others + other) * headSize + e;
      const score = (other: number) =>
        range(headSize).reduce((sum, e) => sum + scale * q.data[row * headSize + e]! * k.data[at(other, e)]!, 0);
      const weights = range(others).map(other => Math.exp(score(other)));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return range(headSize).map(e =>
        range(others).reduce((sum, other) => sum + (weights[other]! / total) * v.data[at(other, e)]!, 0),
      );
    });
    expectClose((await run(y, { q, k, v })).data, expected);
  });
});
