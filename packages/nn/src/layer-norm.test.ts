import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { input } from '@minigpt4/onnx-graph';
import { normal, run } from '../test/run-graph.js';
import { layerNorm } from './layer-norm.js';
import { Params } from './params.js';

const width = 6;
const x = normal([2, 3, width], 1);
const weight = normal([width], 2);
const bias = normal([width], 3);

function expected(epsilon: number): number[] {
  return Array.from(x.data, (value, i) => {
    const row = Array.from(x.data.subarray(i - (i % width), i - (i % width) + width));
    const mean = row.reduce((sum, v) => sum + v, 0) / width;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / width;
    return ((value - mean) / Math.sqrt(variance + epsilon)) * weight.data[i % width]! + bias.data[i % width]!;
  });
}

describe('layerNorm', () => {
  it.each([1e-12, 0.5])('normalises each row with epsilon %d', async epsilon => {
    const params = Params.root();
    const y = layerNorm(params.at('norm'), width, epsilon)(input('x', 'float32', ['batch', 'tokens', width]));
    expect(params.manifest().map(({ name }) => name)).toEqual(['norm.weight', 'norm.bias']);
    const result = await run(y, { x, 'norm.weight': weight, 'norm.bias': bias });
    expectClose(result.data, expected(epsilon), { absolute: 2e-6 });
  });
});
