import { asFloat32, hostTensor, type HostTensor } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph, input } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import { expectClose, randomTensors } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import type { QFormerConfig } from './config.js';
import { attention, qformerLayer } from './layer.js';

const config: QFormerConfig = {
  queries: 3,
  width: 8,
  layers: 2,
  heads: 2,
  intermediateWidth: 10,
  crossAttentionFrequency: 2,
  encoderWidth: 6,
  layerNormEpsilon: 1e-12,
};
const [batch, tokens] = [2, 4];
const queries = input('queries', 'float32', ['batch', config.queries, config.width]);
const image = input('image', 'float32', ['batch', 'tokens', config.encoderWidth]);
const { queries: queryRows, image: imageRows } = randomTensors(
  [
    { name: 'queries', shape: [batch, config.queries, config.width] },
    { name: 'image', shape: [batch, tokens, config.encoderWidth] },
  ],
  7,
);

/** (batch, rows, width) with its rows in another order. */
function reordered({ shape, data }: HostTensor<'float32'>, order: readonly number[]): HostTensor<'float32'> {
  const [pictures, rows, width] = shape as [number, number, number];
  const out = Float32Array.from(data, (_, i) => {
    const [row, picture] = [Math.floor(i / width) % rows, Math.floor(i / (width * rows))];
    return data[(picture * rows + order[row]!) * width + (i % width)]!;
  });
  return hostTensor('float32', [pictures, rows, width], out);
}

async function runLayer(index: number, feeds: Record<string, HostTensor>): Promise<HostTensor<'float32'>> {
  const params = Params.root();
  const y = qformerLayer(params.at('layer').at(index), config, index)(queries, image);
  await using session = await createSession(graph({ y }));
  const { y: result } = await session.run({ ...randomTensors(params.manifest()), ...feeds });
  return hostTensor('float32', result!.shape, asFloat32(result!));
}

describe('qformerLayer', () => {
  const names = (index: number) => {
    const params = Params.root();
    qformerLayer(params, config, index);
    return params.manifest().map(({ name }) => name);
  };

  it('attends to the image in the layers that the frequency divides, and there alone', () => {
    const cross = [0, 1, 2, 3, 4].map(index => names(index).filter(name => name.startsWith('crossattention.')).length);
    expect(cross).toEqual([10, 0, 10, 0, 10]);
    expect([names(0).length, names(1).length]).toEqual([26, 16]);
  });

  it('depends on the image exactly there', async () => {
    const other = randomTensors([{ name: 'image', shape: imageRows!.shape }], 8).image!;
    const feeds = { queries: queryRows!, image: imageRows! };
    expect(await runLayer(1, feeds)).toEqual(await runLayer(1, { ...feeds, image: other }));
    expect(await runLayer(0, feeds)).not.toEqual(await runLayer(0, { ...feeds, image: other }));
  });

  it('does not know the order of image tokens, and follows that of queries', async () => {
    const feeds = { queries: queryRows!, image: imageRows! };
    const result = await runLayer(0, feeds);
    const shuffledImage = await runLayer(0, { ...feeds, image: reordered(imageRows!, [2, 0, 3, 1]) });
    expectClose(shuffledImage.data, result.data, { absolute: 1e-5, relative: 0 });
    const shuffledQueries = await runLayer(0, { ...feeds, queries: reordered(queryRows!, [2, 0, 1]) });
    expectClose(shuffledQueries.data, reordered(result, [2, 0, 1]).data, { absolute: 1e-5, relative: 0 });
  });

  it('names its nodes after their modules', () => {
    const y = qformerLayer(Params.root().at('layer').at(4), config, 4)(queries, image);
    const scopes = new Set(graph({ y }).nodes.map(({ scope }) => scope.replace('/layer/4', '')));
    const attentionScopes = ['', '/self/query', '/self/key', '/self/value', '/output/dense', '/output/LayerNorm'];
    expect([...scopes].sort()).toEqual(
      [
        '',
        ...attentionScopes.map(scope => `/attention${scope}`),
        ...attentionScopes.map(scope => `/crossattention${scope}`),
        '/intermediate_query/dense',
        '/output_query/dense',
        '/output_query/LayerNorm',
      ].sort(),
    );
  });
});

describe('attention', () => {
  it('normalises after adding, so that without weights it is the norm of the queries', async () => {
    const params = Params.root();
    const y = attention(params, config, config.encoderWidth)(queries, image);
    const weights = randomTensors(params.manifest());
    for (const name of ['output.dense.weight', 'output.dense.bias', 'output.LayerNorm.bias'])
      weights[name]!.data.fill(0);
    weights['output.LayerNorm.weight']!.data.fill(1);
    await using session = await createSession(graph({ y }));
    const result = await session.run({ ...weights, queries: queryRows!, image: imageRows! });
    const rows = Array.from({ length: batch * config.queries }, (_, i) => queryRows!.data.subarray(i * 8, i * 8 + 8));
    const expected = rows.flatMap(row => {
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length);
      return Array.from(row, value => (value - mean) / deviation);
    });
    expectClose(asFloat32(result.y!), expected, { absolute: 1e-5, relative: 0 });
  });
});
