import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { float32, numbers, runGraph } from '../../test/run-graph.js';
import { gradients } from '../gradient.js';
import { graph } from '../graph.js';
import { input, parameter, type Tensor } from '../tensor.js';
import { after } from './recomputation.js';

const x = input('x', 'float32', ['rows', 3]);
const weight = parameter('w', [4, 3]);
const back = parameter('v', [3, 4]);

/** Two layers that read their input twice. */
function layers(): { first: Tensor; last: Tensor } {
  const layer = (h: Tensor) => {
    const inner = h.fusedMatmul(weight, { transposeB: true });
    return h.add(inner.silu().mul(inner).fusedMatmul(back, { transposeB: true }));
  };
  const first = layer(x.exp());
  return { first, last: layer(first) };
}

const feeds = {
  x: float32([2, 3], [0.5, -1, 0.25, 0, 0.75, -0.5]),
  w: float32([4, 3], [1, -1, 0.5, 0.25, 2, 0, -0.5, 1, 1, 0, 0.5, -2]),
  v: float32([3, 4], [0.5, 1, -1, 0.25, 0, 0.5, 1, -0.5, 2, -1, 0.5, 0.25]),
};

const isNode = (tensor: Tensor, op: string) => tensor.source.kind === 'node' && tensor.source.node.op === op;

describe('recomputing', () => {
  it('gives the same gradients', async () => {
    const { first, last } = layers();
    const kept = gradients(last, [x])[0]!;
    const again = gradients(last, [x], { recompute: ({ source }) => source !== first.source })[0]!;
    const silu = gradients(last, [x], { recompute: tensor => isNode(tensor, 'QuickGelu') })[0]!;
    const results = await runGraph({ kept, again, silu }, feeds);
    expect(numbers(results['kept']!).every(value => Math.abs(value) > 0.1)).toBe(true);
    expectClose(numbers(results['again']!), numbers(results['kept']!), { relative: 1e-5 });
    expectClose(numbers(results['silu']!), numbers(results['kept']!), { relative: 1e-5 });
  });

  it('makes each chosen node again once, and nothing else', () => {
    const { last } = layers();
    const [dx] = gradients(last, [x], { recompute: tensor => isNode(tensor, 'QuickGelu') });
    const again = graph({ dx: dx! }).nodes.filter(({ scope }) => scope.startsWith('/again'));
    expect(again.map(({ op }) => op)).toEqual(['QuickGelu', 'QuickGelu']);
  });

  it('waits for the gradient that arrives', () => {
    const y = x.exp().silu().mul(2);
    const seed = input('seed', 'float32', ['rows', 3]);
    const [dx] = gradients(y.mul(y), [x], { seed, recompute: tensor => isNode(tensor, 'QuickGelu') });
    const again = graph({ dx: dx! }).nodes.find(({ scope }) => scope.startsWith('/again'))!;
    const delayed = again.inputs[0]!;
    expect(isNode(delayed, 'Reshape')).toBe(true);
    const [, vector] = (delayed.source as { node: { inputs: readonly Tensor[] } }).node.inputs;
    expect(graph({ vector: vector! }).inputs.has('seed')).toBe(true);
  });
});

describe('after', () => {
  it.each([
    ['of the same shape', ['rows', 3]],
    ['of another shape', ['rows', 2, 1]],
  ] as const)('hands a tensor through once one %s is there', async (_, shape) => {
    const other = input('other', 'float32', shape);
    const later = after(x, other);
    expect(later.shape).toEqual(['rows', 3]);
    expect([...graph({ later }).inputs.keys()].sort()).toEqual(['other', 'x']);
    const size = shape.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 2), 1);
    const sizes = shape.map(dim => (typeof dim === 'number' ? dim : 2));
    const { y } = await runGraph({ y: later }, { x: feeds.x, other: float32(sizes, new Float32Array(size).fill(7)) });
    expect(y).toEqual(feeds.x);
  });

  it('leaves a scalar as it is', () => {
    const scalar = x.sum([0, 1]);
    expect(after(scalar, x)).toBe(scalar);
  });
});
