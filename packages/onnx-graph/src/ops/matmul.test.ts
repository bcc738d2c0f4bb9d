import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { checkGradients, rounds } from '../../test/check-op.js';
import { numbers, runGraph } from '../../test/run-graph.js';
import { drawSamples, normal, sampleInputs } from '../../test/sample.js';
import type { SymbolicShape } from '../dims.js';
import { input, type MatMulOptions, type Tensor } from '../tensor.js';

/** What `fusedMatmul` does with a factor stored as (rows, …batch, columns), spelled out. */
function spelledOut(a: Tensor, b: Tensor, { transposeB = false, scale = 1 }: MatMulOptions): Tensor {
  const batch = Array.from({ length: b.rank - 2 }, (_, axis) => axis + 1);
  const [rows, columns] = [0, b.rank - 1];
  return a.matmul(b.transpose(transposeB ? [...batch, columns, rows] : [...batch, rows, columns])).mul(scale);
}

const attention: readonly { name: string; left: SymbolicShape; cache: SymbolicShape; options: MatMulOptions }[] = [
  {
    name: 'queries times keys',
    left: ['batch', 2, 'tokens', 4],
    cache: ['past', 'batch', 2, 4],
    options: { transposeB: true, scale: 0.5 },
  },
  { name: 'weights times values', left: ['batch', 2, 'tokens', 'past'], cache: ['past', 'batch', 2, 4], options: {} },
  {
    name: 'queries times keys, five dimensions',
    left: ['batch', 2, 3, 'tokens', 4],
    cache: ['past', 'batch', 2, 3, 4],
    options: { transposeB: true },
  },
  {
    name: 'weights times values, five dimensions',
    left: ['batch', 2, 3, 'tokens', 'past'],
    cache: ['past', 'batch', 2, 3, 4],
    options: { scale: 2 },
  },
];

describe('fusedMatmul with batches inside', () => {
  for (const { name, left, cache, options } of attention) {
    const samples = [normal(...left), normal(...cache)];
    const [a, b] = sampleInputs(samples) as [Tensor, Tensor];
    const product = a.fusedMatmul(b, { ...options, batchInsideB: true });

    it.each(rounds)(`reads a cache as it lies: ${name} %o`, async sizes => {
      const feeds = drawSamples(samples, sizes);
      const { actual, expected } = await runGraph({ actual: product, expected: spelledOut(a, b, options) }, feeds);
      expect(actual!.shape).toEqual(expected!.shape);
      expectClose(numbers(actual!), numbers(expected!), { absolute: 1e-5 });
    });

    it(`has gradients in the layout of the cache: ${name}`, async () => {
      const sizes = { batch: 2, tokens: 2, past: 3 };
      await checkGradients(product, [a, b], { feeds: drawSamples(samples, sizes), sizes });
    });
  }

  it('sums the gradient of a cache that all batches share', async () => {
    const samples = [normal('batch', 2, 'tokens', 4), normal('past', 1, 2, 4)];
    const [a, b] = sampleInputs(samples) as [Tensor, Tensor];
    const sizes = { batch: 2, tokens: 2, past: 3 };
    const product = a.fusedMatmul(b, { batchInsideB: true, transposeB: true });
    await checkGradients(product, [a, b], { feeds: drawSamples(samples, sizes), sizes });
  });
});

describe('shapes of products', () => {
  it('names both shapes when factors do not fit', () => {
    const [a, b] = [input('a', 'float32', ['batch', 3]), input('b', 'float32', [4, 2])];
    expect(() => a.matmul(b)).toThrow(/MatMul: factors do not fit.*\[batch, 3\].*\[4, 2\]/);
    expect(() => a.fusedMatmul(b, { transposeB: true })).toThrow(/\[batch, 3\].*\[2, 4\]/);
    expect(() => input('v', 'float32', [3]).matmul(b)).toThrow(/factors do not fit/);
  });

  it('needs equal ranks where batches are inside', () => {
    const queries = input('q', 'float32', ['batch', 2, 'tokens', 4]);
    const cache = input('k', 'float32', ['past', 2, 4]);
    const product = () => queries.fusedMatmul(cache, { batchInsideB: true, transposeB: true });
    expect(product).toThrow(/need equal ranks.*\[batch, 2, tokens, 4\] and \[past, 2, 4\]/);
  });

  it('multiplies no factors of different types', () => {
    const [a, b] = [input('a', 'float32', [2, 3]), input('b', 'float64', [3, 2])];
    expect(() => a.matmul(b)).toThrow(/float32 \[2, 3\] and float64 \[3, 2\]/);
  });
});
