import { Params } from '@minigpt4/nn';
import { graph, input } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import { expectClose, randomTensors } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { attention, block } from './block.js';
import type { EvaViTConfig } from './config.js';

const config: EvaViTConfig = {
  imageSize: 4,
  patchSize: 2,
  width: 6,
  depth: 1,
  heads: 2,
  mlpWidth: 5,
  layerNormEpsilon: 1e-6,
  lnVisionEpsilon: 1e-5,
};
const { width, heads } = config;
const [batch, tokens, headSize] = [2, 3, width / heads];
const range = (length: number) => Array.from({ length }, (_, i) => i);

type Elements = Readonly<Record<string, { readonly data: Float32Array }>>;

/** Attention of one picture's tokens, element by element: queries and values have a bias, keys have none. */
function attended(x: Float32Array, weights: Elements): number[] {
  const of = (name: string) => weights[name]!.data;
  const dot = (row: number, column: number) =>
    range(width).reduce((sum, i) => sum + x[row * width + i]! * of('qkv.weight')[column * width + i]!, 0);
  const query = (row: number, i: number) => dot(row, i) + of('q_bias')[i]!;
  const key = (row: number, i: number) => dot(row, width + i);
  const value = (row: number, i: number) => dot(row, 2 * width + i) + of('v_bias')[i]!;
  const mixed = range(tokens).map(row =>
    range(width).map(i => {
      const head = range(headSize).map(e => Math.floor(i / headSize) * headSize + e);
      const weight = range(tokens).map(other =>
        Math.exp(head.reduce((sum, e) => sum + query(row, e) * key(other, e), 0) / Math.sqrt(headSize)),
      );
      const total = weight.reduce((sum, w) => sum + w, 0);
      return weight.reduce((sum, w, other) => sum + (w / total) * value(other, i), 0);
    }),
  );
  return mixed.flatMap(row =>
    range(width).map(o => row.reduce((sum, v, i) => sum + v * of('proj.weight')[o * width + i]!, of('proj.bias')[o]!)),
  );
}

describe('attention', () => {
  it('is what the original computes, written out', async () => {
    const params = Params.root();
    const y = attention(params, config)(input('x', 'float32', ['batch', 'tokens', width]));
    expect(y.shape).toEqual(['batch', 'tokens', width]);
    const feeds = randomTensors([{ name: 'x', shape: [batch, tokens, width] }, ...params.manifest()]);
    await using session = await createSession(graph({ y }));
    const pictures = range(batch).map(i => feeds.x!.data.subarray(i * tokens * width, (i + 1) * tokens * width));
    const expected = pictures.flatMap(picture => attended(picture, feeds));
    expectClose((await session.run(feeds)).y!.data as Float32Array, expected, { absolute: 1e-6, relative: 1e-5 });
  });
});

describe('block', () => {
  it('names its nodes after their modules', () => {
    const y = block(Params.root().at('blocks').at(7), config)(input('x', 'float32', ['batch', 'tokens', width]));
    const scopes = graph({ y }).nodes.map(({ scope }) => scope.replace('/blocks/7', ''));
    expect([...new Set(scopes)].sort()).toEqual([
      '',
      '/attn',
      '/attn/proj',
      '/mlp',
      '/mlp/fc1',
      '/mlp/fc2',
      '/norm1',
      '/norm2',
    ]);
  });

  it('adds to its input: without weights it changes nothing', async () => {
    const params = Params.root();
    const y = block(params, config)(input('x', 'float32', ['batch', 'tokens', width]));
    const feeds = randomTensors([{ name: 'x', shape: [batch, tokens, width] }, ...params.manifest()]);
    for (const [name, { data }] of Object.entries(feeds)) if (/^(attn\.proj|mlp\.fc2)\./.test(name)) data.fill(0);
    await using session = await createSession(graph({ y }));
    expect((await session.run(feeds)).y).toEqual(feeds.x);
  });
});
