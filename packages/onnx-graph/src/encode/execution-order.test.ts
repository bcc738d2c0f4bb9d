import { describe, expect, it } from 'vitest';
import { gradients } from '../gradient.js';
import { graph } from '../graph.js';
import { input, type Tensor } from '../tensor.js';
import { executionOrder } from './execution-order.js';

const x = input('x', 'float32', ['n']);

function ops(outputs: Record<string, Tensor>): string[] {
  return executionOrder(graph(outputs)).map(({ op }) => op);
}

describe('executionOrder', () => {
  it('makes what has a long history first, and short ones right before their use', () => {
    const long = x.exp().sin().cos();
    expect(ops({ y: x.sigmoid().add(long) })).toEqual(['Exp', 'Sin', 'Cos', 'Sigmoid', 'Add']);
    expect(ops({ y: long.add(x.sigmoid()) })).toEqual(['Exp', 'Sin', 'Cos', 'Sigmoid', 'Add']);
  });

  it('ends with the output of the longest history', () => {
    const middle = x.exp();
    expect(ops({ last: middle.sin().cos().tanh(), first: middle.neg() })).toEqual(['Exp', 'Neg', 'Sin', 'Cos', 'Tanh']);
  });

  it('has nothing of a backward pass before the end of the forward pass', () => {
    const y = x.silu().erf().silu().erf();
    const order = executionOrder(graph({ dx: gradients(y, [x])[0]! }));
    const isBackward = order.map(({ scope }) => scope.startsWith('/gradient'));
    expect(isBackward).toEqual(isBackward.toSorted((a, b) => Number(a) - Number(b)));
    expect(new Set(isBackward).size).toBe(2);
  });

  it('keeps every node, each after those it needs', () => {
    const a = x.exp();
    const whole = graph({ y: a.add(a.sin()), z: a.mul(x) });
    const order = executionOrder(whole);
    expect(new Set(order)).toEqual(new Set(whole.nodes));
    for (const [i, node] of order.entries()) {
      const needed = node.inputs.flatMap(({ source }) => (source.kind === 'node' ? [source.node] : []));
      expect(needed.every(other => order.indexOf(other) < i)).toBe(true);
    }
  });
});
