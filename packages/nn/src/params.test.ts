import { describe, expect, it } from 'vitest';
import { graph, input } from '@minigpt4/onnx-graph';
import { linear } from './linear.js';
import { Params } from './params.js';

describe('Params', () => {
  it('names a parameter by the path of its scopes', () => {
    const root = Params.root();
    const scope = root.at('blocks').at(3).at('attn.proj');
    expect([root.path, scope.path]).toEqual(['', 'blocks.3.attn.proj']);
    expect(scope.get('weight', [2, 3])).toMatchObject({
      dtype: 'float32',
      shape: [2, 3],
      source: { kind: 'parameter', name: 'blocks.3.attn.proj.weight' },
    });
    expect(root.get('cls_token', [1]).source).toEqual({ kind: 'parameter', name: 'cls_token' });
  });

  it('lists what was asked for anywhere below the root, in order and once', () => {
    const root = Params.root();
    root.at('b').get('weight', [2]);
    root.get('a', [1, 4]);
    root.at('b').get('weight', [2]);
    const expected = [
      { name: 'b.weight', shape: [2] },
      { name: 'a', shape: [1, 4] },
    ];
    expect(root.manifest()).toEqual(expected);
    expect(root.at('anywhere').manifest()).toEqual(expected);
  });

  it('gives the same tensor when asked twice, by whatever way', () => {
    const root = Params.root();
    expect(root.at('model.norm').get('weight', [8])).toBe(root.at('model').at('norm').get('weight', [8]));
  });

  it.each([[[3, 2]], [[6]], [[2, 3, 1]], [[23]]])('refuses shape %o for a parameter of shape 2, 3', shape => {
    const root = Params.root();
    root.at('head').get('weight', [2, 3]);
    expect(() => root.at('head').get('weight', shape)).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringContaining(
          `head.weight was asked for twice, expected shape [2, 3] again, got [${shape.join(', ')}]`,
        ),
      }),
    );
  });

  it('gives parameters the type to compute in', () => {
    const params = Params.root('float16').at('layer');
    expect([params.dtype, params.get('weight', [1]).dtype]).toEqual(['float16', 'float16']);
  });

  it('names nodes after the module that makes them, also inside another one', () => {
    const params = Params.root();
    const outer = params.at('blocks').at(0);
    const inner = linear(outer.at('mlp.fc1'), 4, 4);
    const y = outer.scoped(() => inner(input('x', 'float32', [1, 4])).gelu());
    const z = params.scoped(() => y.neg());
    expect([...graph({ z }).names.values()]).toEqual([
      '/blocks/0/mlp/fc1/FusedMatMul',
      '/blocks/0/mlp/fc1/Add',
      '/blocks/0/Gelu',
      '/Neg',
    ]);
  });
});
