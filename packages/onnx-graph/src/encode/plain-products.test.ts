import { expect, it } from 'vitest';
import { gradients } from '../gradient.js';
import { graph } from '../graph.js';
import { input, parameter } from '../tensor.js';
import { productMatrices } from './plain-products.js';

const x = input('x', 'float32', ['n', 4]);

it('finds matrices that are right factors of products alone, forward and backward', () => {
  const linear = parameter('linear', [6, 4]);
  const y = x
    .fusedMatmul(linear, { transposeB: true })
    .silu()
    .matmul(parameter('plain', [6, 5]));
  const whole = graph({ y, dx: gradients(y, [x])[0]! });
  expect(productMatrices(whole).sort()).toEqual(['linear', 'plain']);
});

it.each([
  ['looked up too', (w: ReturnType<typeof parameter>) => w.gather(input('ids', 'int64', ['n']))],
  ['added to something', (w: ReturnType<typeof parameter>) => w.add(1)],
  ['an output', (w: ReturnType<typeof parameter>) => w],
  ['multiplied with a factor', (w: ReturnType<typeof parameter>) => x.fusedMatmul(w, { transposeB: true, scale: 2 })],
  ['the left factor', (w: ReturnType<typeof parameter>) => w.matmul(parameter('other', [4, 3]))],
])('leaves out a matrix that is %s', (_, use) => {
  const w = parameter('w', [6, 4]);
  const product = x.fusedMatmul(w, { transposeB: true });
  expect(productMatrices(graph({ product, use: use(w) }))).not.toContain('w');
  expect(productMatrices(graph({ product }))).toEqual(['w']);
});

it('leaves out vectors, stacks of matrices and half-precision products', () => {
  const stack = input('s', 'float32', [2, 'n', 4]).matmul(parameter('stack', [2, 4, 3]));
  const half = input('h', 'float16', ['n', 4]).matmul(parameter('half', [4, 3], 'float16'));
  const vector = x.rmsNormalization(parameter('vector', [4]), 1e-6);
  expect(productMatrices(graph({ a: stack, b: half, c: vector }))).toEqual([]);
});
