import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { graph, input } from '@minigpt4/onnx-graph';
import { normal, run } from '../test/run-graph.js';
import { linear } from './linear.js';
import { Params } from './params.js';

const x = normal([2, 3, 4], 1);
const weight = normal([5, 4], 2);
const bias = normal([5], 3);

/** Output `o` of row `row`, without the bias. */
function product(row: number, o: number): number {
  return [0, 1, 2, 3].reduce((sum, i) => sum + x.data[row * 4 + i]! * weight.data[o * 4 + i]!, 0);
}

describe('linear', () => {
  it('multiplies by the transposed weight and adds the bias', async () => {
    const y = linear(Params.root().at('fc'), 4, 5)(input('x', 'float32', ['batch', 3, 4]));
    expect(y.shape).toEqual(['batch', 3, 5]);
    const result = await run(y, { x, 'fc.weight': weight, 'fc.bias': bias });
    expect(result.shape).toEqual([2, 3, 5]);
    expectClose(
      result.data,
      Array.from({ length: 30 }, (_, i) => product(Math.floor(i / 5), i % 5) + bias.data[i % 5]!),
    );
  });

  it('asks for no bias when it has none', async () => {
    const params = Params.root();
    const y = linear(params, 4, 5, { bias: false })(input('x', 'float32', [2, 3, 4]));
    expect(params.manifest()).toEqual([{ name: 'weight', shape: [5, 4] }]);
    expectClose(
      (await run(y, { x, weight })).data,
      Array.from({ length: 30 }, (_, i) => product(Math.floor(i / 5), i % 5)),
    );
  });

  it('shares its weight between calls', () => {
    const layer = linear(Params.root(), 4, 4);
    const twice = graph({ y: layer(layer(input('x', 'float32', [1, 4]))) });
    expect([...twice.parameters.keys()]).toEqual(['weight', 'bias']);
  });

  it('refuses an input of another width, naming the layer and both shapes', () => {
    const layer = linear(Params.root().at('model.fc'), 4, 5);
    expect(() => layer(input('x', 'float32', [2, 7]))).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringMatching(/^\/model\/fc\/FusedMatMul: .*\[2, 7\].*\[4, 5\]/),
      }),
    );
  });
});
