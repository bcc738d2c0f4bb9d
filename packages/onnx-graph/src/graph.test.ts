import { describe, expect, it } from 'vitest';
import { errorCode } from '../test/error-code.js';
import { dump } from './dump.js';
import { encodeModel } from './encode/encode-model.js';
import { graph, topologicalOrder } from './graph.js';
import { atScope, currentScope, inScope } from './scope.js';
import { constant, input, int64, parameter, type Tensor } from './tensor.js';

describe('graph', () => {
  it('orders every node behind those it needs, and holds each once', () => {
    const x = input('x', 'float32', ['batch', 4]);
    let layer = x;
    for (let i = 0; i < 30; i++) layer = layer.exp().add(layer.sin()).mul(x); // 2³⁰ paths
    const order = topologicalOrder([layer]);
    expect(order).toHaveLength(120);
    const place = new Map(order.map((node, i) => [node, i]));
    for (const node of order) {
      for (const { source } of node.inputs) {
        if (source.kind === 'node') expect(place.get(source.node)).toBeLessThan(place.get(node)!);
      }
    }
  });

  it('orders, encodes and prints a chain that is deeper than the call stack', () => {
    let tensor: Tensor = input('x', 'float32', [1]);
    for (let i = 0; i < 5000; i++) tensor = tensor.neg();
    const chain = graph({ y: tensor });
    expect(chain.nodes).toHaveLength(5000);
    expect(chain.names.get(chain.nodes.at(-1)!)).toBe('/Neg_4999');
    expect(encodeModel(chain).byteLength).toBeGreaterThan(5000);
    expect(dump(chain).split('\n')).toHaveLength(5002);
  });

  it('leaves out what the outputs do not need', () => {
    const x = input('x', 'float32', [2]);
    input('y', 'float32', [2]).add(x);
    const { inputs, nodes } = graph({ z: x.exp() });
    expect([...inputs.keys()]).toEqual(['x']);
    expect(nodes.map(({ op }) => op)).toEqual(['Exp']);
  });

  it('takes one parameter asked for twice, and refuses two things of one name', () => {
    const twice = parameter('w', [2]).add(parameter('w', [2]));
    expect([...graph({ twice }).parameters.keys()]).toEqual(['w']);
    const other = parameter('w', [2]).add(parameter('w', [1]));
    expect(errorCode(() => graph({ other }))).toBe('DUPLICATE_NAME');
    const mixed = input('w', 'float32', [2]).add(parameter('w', [2]));
    expect(errorCode(() => graph({ mixed }))).toBe('DUPLICATE_NAME');
    const x = input('x', 'float32', [2]);
    expect(errorCode(() => graph({ x: x.exp() }))).toBe('DUPLICATE_NAME');
  });
});

describe('scopes', () => {
  it('name nodes after the module that made them, and end with it', () => {
    const x = input('x', 'float32', [2]);
    const y = inScope('blocks/0', () => inScope('mlp', () => x.exp().add(x.exp())));
    expect([...graph({ y }).names.values()]).toEqual(['/blocks/0/mlp/Exp', '/blocks/0/mlp/Exp_1', '/blocks/0/mlp/Add']);
    expect(currentScope()).toBe('');
    expect(() => inScope('broken', () => x.add(input('z', 'float32', [3])))).toThrow(/^\/broken\/Add: /);
    expect(currentScope()).toBe('');
    expect(inScope('a', () => atScope('/b/c', currentScope))).toBe('/b/c');
  });
});

describe('dump', () => {
  it('prints one line a node', () => {
    const x = input('x', 'float32', ['batch', 'tokens', 6]);
    const weight = parameter('q.weight', [4, 6]);
    const y = inScope('attn', () => {
      const [left, right] = x.fusedMatmul(weight, { transposeB: true }).split([1, 3], 2) as [Tensor, Tensor];
      return right.mul(left).reshape([-1, 3]);
    });
    const table = constant({ dtype: 'float32', shape: [10], data: new Float32Array(10) });
    const z = y
      .gather(int64([0, 2]))
      .sum([0, 1])
      .add(table);
    expect(dump(graph({ y, z }))).toMatchInlineSnapshot(`
      "input x: float32 [batch, tokens, 6]
      parameter q.weight: float32 [4, 6]
      /attn/FusedMatMul(x, q.weight): float32 [batch, tokens, 4]
      /attn/Split(/attn/FusedMatMul, [1 3]): float32 [batch, tokens, 1], float32 [batch, tokens, 3]
      /attn/Mul(/attn/Split:1, /attn/Split:0): float32 [batch, tokens, 3]
      /attn/Reshape(/attn/Mul, [-1 3]): float32 [batch*tokens, 3]
      /Gather(/attn/Reshape, [0 2]): float32 [2, 3]
      /ReduceSum(/Gather, [0 1]): float32 []
      /Add(/ReduceSum, constant[10]): float32 [10]
      output y = /attn/Reshape: float32 [batch*tokens, 3]
      output z = /Add: float32 [10]"
    `);
  });
});
