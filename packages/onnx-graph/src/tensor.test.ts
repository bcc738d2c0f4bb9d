import { describe, expect, it } from 'vitest';
import { errorCode } from '../test/error-code.js';
import { float32, numbers, runGraph } from '../test/run-graph.js';
import { multiplyDims } from './dims.js';
import { graph } from './graph.js';
import { constant, input, int64, scalar, type Tensor } from './tensor.js';

const iota = (...shape: number[]) =>
  float32(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  );

/** Ops of a graph, to see what is computed at run time. */
const opsOf = (tensor: Tensor) => graph({ tensor }).nodes.map(({ op }) => op);

describe('reshape', () => {
  const x = input('x', 'float32', ['batch', 'tokens', 6]);

  it('copies sizes that stay in place and infers one more, all in a constant', () => {
    const split = x.reshape(['batch', 'tokens', 2, 3]);
    expect(split.shape).toEqual(['batch', 'tokens', 2, 3]);
    expect(opsOf(split)).toEqual(['Reshape']);
    const flat = x.reshape([-1, 6]);
    expect(flat.shape).toEqual(['batch*tokens', 6]);
    expect(opsOf(flat)).toEqual(['Reshape']);
    expect(x.reshape([multiplyDims('batch', 'tokens'), 6]).shape).toEqual(['batch*tokens', 6]);
    expect(x.reshape(['tokens', -1]).shape).toEqual(['tokens', '6*batch']);
  });

  it('reads the sizes that do not follow at run time', async () => {
    const moved = x.reshape([6, 'batch', 'tokens']);
    const restored = x.reshape([-1, 6]).mul(1).reshape(['batch', 'tokens', 6], x);
    expect(restored.shape).toEqual(['batch', 'tokens', 6]);
    for (const [batch, tokens] of [
      [2, 3],
      [1, 4],
    ] as const) {
      const feeds = { x: iota(batch, tokens, 6) };
      const results = await runGraph({ moved, restored, behind: x.reshape(['tokens', -1]) }, feeds);
      expect(results['moved']!.shape).toEqual([6, batch, tokens]);
      expect(results['restored']!.shape).toEqual([batch, tokens, 6]);
      expect(results['behind']!.shape).toEqual([tokens, 6 * batch]);
      expect(numbers(results['restored']!)).toEqual(numbers(feeds.x));
    }
  });

  it('takes sizes that are sums', async () => {
    const [a, b] = [input('a', 'float32', ['batch', 'past', 2]), input('b', 'float32', ['batch', 'tokens', 2])];
    const joined = a.concat([b], 1).reshape([-1, 2]);
    expect(joined.shape).toEqual(['batch*past+batch*tokens', 2]);
    const back = joined.reshape(['batch', 'past+tokens', 2], a.concat([b], 1));
    const { result } = await runGraph({ result: back }, { a: iota(2, 1, 2), b: iota(2, 3, 2) });
    expect(result!.shape).toEqual([2, 4, 2]);
  });

  it('works on tensors without elements', () => {
    expect(input('e', 'float32', [0, 4]).reshape([-1, 2]).shape).toEqual([0, 2]);
    expect(input('e', 'float32', [0, 4]).reshape([0, 4]).shape).toEqual([0, 4]);
  });

  it('refuses shapes of another size and sizes from nowhere', () => {
    expect(() => x.reshape(['batch', 'tokens', 7])).toThrow(/Reshape: element counts differ.*\[batch, tokens, 6\]/);
    expect(errorCode(() => input('y', 'float32', [2, 3]).reshape([4, -1]))).toBe('SHAPE_MISMATCH');
    expect(errorCode(() => x.reshape(['one', 'two', 6]))).toBe('SYMBOLIC_DIMENSION');
  });
});

describe('axes', () => {
  const x = input('x', 'float32', ['batch', 3, 4]);

  it('count from the end when negative', () => {
    expect(x.sum([-1]).shape).toEqual(['batch', 3]);
    expect(x.mean([-2, 0], true).shape).toEqual([1, 1, 4]);
    expect(x.unsqueeze(-1).shape).toEqual(['batch', 3, 4, 1]);
    expect(x.transpose([-1, 0, -2]).shape).toEqual([4, 'batch', 3]);
    expect(x.split([1, 3], -1)[1]!.shape).toEqual(['batch', 3, 3]);
    expect(x.concat([x], -2).shape).toEqual(['batch', 6, 4]);
    expect(x.argMax(-1).shape).toEqual(['batch', 3]);
  });

  it('of a reduction may be none, which keeps the tensor', () => {
    expect(x.sum([])).toBe(x);
    expect(x.mean([])).toBe(x);
  });

  it('outside the shape are refused', () => {
    expect(errorCode(() => x.sum([3]))).toBe('AXIS_OUT_OF_RANGE');
    expect(() => x.gather(int64([0]), -4)).toThrow(/expected -3 to 2 for shape \[batch, 3, 4\], got -4/);
  });
});

describe('sizes read at run time', () => {
  it('come whole from a tensor of the same shape', () => {
    const like = input('like', 'float32', ['batch', 'tokens']);
    expect(opsOf(scalar(1).expand(['batch', 'tokens'], like))).toEqual(['Shape', 'Expand']);
  });

  it('must be somewhere', () => {
    const x = input('x', 'float32', [1, 3]);
    expect(() => x.expand(['batch', 3])).toThrow(/expected one of \[1, 3\], got "batch"/);
    expect(errorCode(() => x.expand(['batch', 3]))).toBe('SYMBOLIC_DIMENSION');
  });

  it('are where a slice of them begins and ends', () => {
    const x = input('x', 'float32', ['tokens', 2]);
    expect(x.slice(1, 2 ** 31, 0).shape).toEqual(['-1+tokens', 2]);
    expect(x.slice(-3, -1, 0).shape).toEqual([2, 2]);
    expect(x.slice(0, 2 ** 31, 0).shape).toEqual(['tokens', 2]);
    expect(x.pad([0, 0], [-1, 0]).shape).toEqual(['-1+tokens', 2]);
  });
});

describe('operands', () => {
  const x = input('x', 'float32', ['batch', 3]);

  it('must be of one type', () => {
    expect(() => x.add(x.cast('float64'))).toThrow(/Add: operands differ in type, expected float32.*float64/);
    expect(errorCode(() => x.cast('int8').add(1))).toBe('DTYPE_MISMATCH');
    expect(x.cast('float32')).toBe(x);
    expect(x.cast('float16').mul(2).dtype).toBe('float16');
  });

  it('must fit', () => {
    expect(errorCode(() => x.concat([input('y', 'float32', ['batch', 3, 1])], 0))).toBe('SHAPE_MISMATCH');
    expect(errorCode(() => x.split([1, 1], 1))).toBe('SHAPE_MISMATCH');
    expect(errorCode(() => x.gatherElements(input('i', 'int64', [3]), 1))).toBe('SHAPE_MISMATCH');
    expect(errorCode(() => x.rmsNormalization(input('w', 'float32', [4]), 1e-5))).toBe('SHAPE_MISMATCH');
    const image = input('image', 'float32', ['batch', 3, 8, 8]);
    expect(errorCode(() => image.convolution(input('k', 'float32', [5, 4, 2, 2]), scalar(0), 2))).toBe(
      'SHAPE_MISMATCH',
    );
  });

  it('that say a shape must be known when the graph is built', () => {
    expect(
      errorCode(() =>
        input('image', 'float32', ['batch', 3, 'rows', 8]).convolution(
          input('k', 'float32', [5, 3, 2, 2]),
          scalar(0),
          2,
        ),
      ),
    ).toBe('SYMBOLIC_DIMENSION');
  });

  it('hold their elements when constant', () => {
    expect(constant(iota(2)).value).toEqual(iota(2));
    expect(x.value).toBeUndefined();
    expect(scalar(3, 'int64').value!.data).toEqual(BigInt64Array.of(3n));
  });
});
