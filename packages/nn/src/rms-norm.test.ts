import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { input } from '@minigpt4/onnx-graph';
import { normal, run } from '../test/run-graph.js';
import { Params } from './params.js';
import { rmsNorm } from './rms-norm.js';

const width = 6;
const x = normal([2, 3, width], 1);
const weight = normal([width], 2);

function expected(epsilon: number): number[] {
  return Array.from(x.data, (value, i) => {
    const row = x.data.subarray(i - (i % width), i - (i % width) + width);
    const meanSquare = row.reduce((sum, v) => sum + v * v, 0) / width;
    return (value / Math.sqrt(meanSquare + epsilon)) * weight.data[i % width]!;
  });
}

describe('rmsNorm', () => {
  it.each([1e-6, 0.5])('scales each row to unit size with epsilon %d', async epsilon => {
    const params = Params.root();
    const y = rmsNorm(params.at('norm'), width, epsilon)(input('x', 'float32', ['batch', 'tokens', width]));
    expect(params.manifest()).toEqual([{ name: 'norm.weight', shape: [width] }]);
    expectClose((await run(y, { x, 'norm.weight': weight })).data, expected(epsilon));
  });
});
