import { elementCount, hostTensor, random } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph, input } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { concatenatePatches, projection } from './projection.js';

function normal(...shape: number[]) {
  const source = random(shape.length);
  return hostTensor(
    'float32',
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => source.normal()),
  );
}

describe('projection', () => {
  it.each([
    ['Vicuna-7B', 768, 4096, 3_149_824],
    ['Vicuna-13B', 768, 5120, 3_937_280],
    ['Llama-2 without Q-Former', 4 * 1408, 4096, 23_072_768],
  ])("asks for the released files' pair: %s", (_, inputWidth, outputWidth, count) => {
    const params = Params.root();
    const y = projection(params, { inputWidth, outputWidth })(input('x', 'float32', ['batch', 'tokens', inputWidth]));
    expect(y.shape).toEqual(['batch', 'tokens', outputWidth]);
    expect(params.manifest()).toEqual([
      { name: 'llama_proj.weight', shape: [outputWidth, inputWidth] },
      { name: 'llama_proj.bias', shape: [outputWidth] },
    ]);
    expect(params.manifest().reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(count);
  });

  it('is x · Wᵀ + b', async () => {
    const [x, weight, bias] = [normal(2, 3, 4), normal(5, 4), normal(5)];
    const y = projection(Params.root(), { inputWidth: 4, outputWidth: 5 })(
      input('x', 'float32', ['batch', 'tokens', 4]),
    );
    await using session = await createSession(graph({ y }));
    const result = await session.run({ x, 'llama_proj.weight': weight, 'llama_proj.bias': bias });
    const expected = Array.from({ length: 30 }, (_, i) => {
      const [row, output] = [Math.floor(i / 5), i % 5];
      return [0, 1, 2, 3].reduce(
        (sum, k) => sum + x.data[row * 4 + k]! * weight.data[output * 4 + k]!,
        bias.data[output]!,
      );
    });
    expectClose(result.y!.data as Float32Array, expected);
  });
});

describe('concatenatePatches', () => {
  it('drops the class token and puts four patches that follow one another side by side', async () => {
    const tokens = normal(2, 9, 3);
    const y = concatenatePatches(input('tokens', 'float32', ['batch', 9, 3]));
    expect(y.shape).toEqual(['batch', 2, 12]);
    await using session = await createSession(graph({ y }));
    const { data } = tokens;
    expect((await session.run({ tokens })).y).toEqual(
      hostTensor('float32', [2, 2, 12], Float32Array.of(...data.subarray(3, 27), ...data.subarray(30, 54))),
    );
  });

  it('makes 64 of the 257 tokens of ViT-g/14', () => {
    expect(concatenatePatches(input('tokens', 'float32', ['batch', 257, 1408])).shape).toEqual(['batch', 64, 5632]);
  });

  it.each([
    [10, 'SHAPE_MISMATCH'],
    ['tokens', 'SYMBOLIC_DIMENSION'],
  ])('refuses %s tokens', (count, code) => {
    expect(() => concatenatePatches(input('tokens', 'float32', ['batch', count, 3]))).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(/^concatenatePatches: .*expected/) }),
    );
  });
});
