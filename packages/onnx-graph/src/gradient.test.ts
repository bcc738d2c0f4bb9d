import type { HostTensor } from '@minigpt4/core';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { checkGradients, rounds } from '../test/check-op.js';
import { errorCode } from '../test/error-code.js';
import { float32, integers, numbers, runGraph } from '../test/run-graph.js';
import { drawSamples, indices, normal, sampleInputs } from '../test/sample.js';
import { addDims, multiplyDims, type Dim } from './dims.js';
import { dump } from './dump.js';
import { gradients } from './gradient.js';
import { gradientRules } from './gradient-rules.js';
import type { GradientRule } from './gradients/rule.js';
import { graph } from './graph.js';
import { inScope } from './scope.js';
import { applyAll, input, parameter, scalar, type Tensor } from './tensor.js';

const linear = (x: Tensor, weight: Tensor) => x.fusedMatmul(weight, { transposeB: true });

/** Grouped-query attention with a bias: two heads of keys and values, four of queries, of size 2. */
function attention(x: Tensor, bias: Tensor, weights: readonly Tensor[]): Tensor {
  const [batch, tokens] = x.shape as [Dim, Dim];
  const [query, key, value, output] = weights as [Tensor, Tensor, Tensor, Tensor];
  const q = linear(x, query)
    .reshape([batch, tokens, 2, 2, 2])
    .transpose([0, 2, 3, 1, 4])
    .reshape([batch, 2, multiplyDims(2, tokens), 2]);
  const [k, v] = [key, value].map(weight => linear(x, weight).reshape([batch, tokens, 2, 2]).transpose([0, 2, 1, 3]));
  const scores = q.fusedMatmul(k!, { transposeB: true, scale: 2 ** -0.5 });
  const repeated = bias.unsqueeze(2).expand([batch, 1, 2, tokens, tokens], bias);
  const weighted = scores.add(repeated.reshape([batch, 1, multiplyDims(2, tokens), tokens])).softmax();
  const mixed = weighted.matmul(v!).reshape([batch, 2, 2, tokens, 2]).transpose([0, 3, 1, 2, 4]);
  return x.add(linear(mixed.reshape([batch, tokens, 8]), output));
}

/** (batch, 1, tokens, tokens): 0 where a token may look, −10,000 at the tokens after it. */
function causalBias(batch: number, tokens: number): HostTensor {
  const isAfter = (i: number) => i % tokens > Math.floor(i / tokens) % tokens;
  const mask = Array.from({ length: batch * tokens ** 2 }, (_, i) => (isAfter(i) ? -10_000 : 0));
  return float32([batch, 1, tokens, tokens], mask);
}

describe('gradients of whole layers', () => {
  it.each(rounds)('attention with a causal bias %o', async sizes => {
    const samples = [normal('batch', 'tokens', 8), normal(8, 8), normal(4, 8), normal(4, 8), normal(8, 8)];
    const [x, ...weights] = sampleInputs(samples) as [Tensor, ...Tensor[]];
    const bias = input('bias', 'float32', ['batch', 1, 'tokens', 'tokens']);
    const small = weights.map(weight => weight.mul(0.25));
    const { batch, tokens } = sizes as { batch: number; tokens: number };
    const feeds = { ...drawSamples(samples, sizes), bias: causalBias(batch, tokens) };
    await checkGradients(attention(x, bias, small), [x, ...weights], { feeds, sizes });
  });

  it.each(rounds)('a feed-forward layer with silu behind a norm %o', async sizes => {
    const samples = [normal('batch', 'tokens', 4), normal(4), normal(6, 4), normal(6, 4), normal(4, 6)];
    const [x, weight, gate, up, down] = sampleInputs(samples) as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const normed = x.rmsNormalization(weight, 0.1);
    const inner = linear(normed, gate.mul(0.25))
      .silu()
      .mul(linear(normed, up.mul(0.25)));
    const output = x.add(linear(inner, down.mul(0.25)));
    await checkGradients(output, [x, weight, gate, up, down], { feeds: drawSamples(samples, sizes), sizes });
  });

  it.each(rounds)('cross-entropy at chosen rows between texts %o', async sizes => {
    const samples = [
      normal('batch', 'past', 3),
      normal('batch', 2, 3),
      normal('batch', 'rows', 3),
      normal(5, 3),
      indices(3, 'targets'),
      indices(5, 'targets'),
    ];
    const [before, image, behind, head, rows, targets] = sampleInputs(samples) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const tokens = addDims('past', 2, 'rows');
    const hidden = before.concat([image, behind], 1).tanh();
    const chosen = hidden.reshape([multiplyDims('batch', tokens), 3]).gather(rows); // (targets, 3), some rows repeated
    const logProbabilities = linear(chosen, head).logSoftmax().gatherElements(targets.unsqueeze(1), 1);
    const loss = logProbabilities.mean([0, 1]).neg();
    const feeds = drawSamples(samples, { ...sizes, targets: 4 });
    await checkGradients(loss, [before, image, behind, head], { feeds, sizes });
  });
});

it('leaves no zeros over all classes in the gradient of a few log-probabilities', () => {
  const logits = input('logits', 'float32', ['rows', 7]);
  const picked = logits.logSoftmax().gatherElements(input('ids', 'int64', ['rows', 1]), 1);
  const [gradient] = gradients(picked.mean([0, 1]), [logits]);
  const { nodes } = graph({ gradient: gradient! });
  const wide = nodes.filter(({ outputs }) => outputs[0]!.shape.at(-1) === 7).map(({ op }) => op);
  expect(wide).toEqual(['LogSoftmax', 'Exp', 'Mul', 'ScatterElements']);
});

it.each(['float16', 'float64'] as const)('goes through a norm of %s numbers', async dtype => {
  const x = input('x', 'float32', ['rows', 4]);
  const weight = parameter('w', [4]);
  const normed = x.cast(dtype).rmsNormalization(weight.cast(dtype), 0.5);
  const [dx] = gradients(normed.mul(normed).sum([0, 1]).cast('float32'), [x]);
  const [expected] = gradients(x.rmsNormalization(weight, 0.5).pow(2).sum([0, 1]), [x]);
  const feeds = { x: float32([1, 4], [1, -2, 0.5, 3]), w: float32([4], [1, 0.5, 2, 1]) };
  const found = await runGraph({ dx: dx!, expected: expected! }, feeds);
  expectClose(numbers(found['dx']!), numbers(found['expected']!), { relative: 1e-2, absolute: 1e-2 });
});

describe('accumulation', () => {
  it('adds up the gradients of a tensor that is used several times', async () => {
    const x = input('x', 'float32', ['batch', 3]);
    const y = x.mul(x).add(x.exp().mul(x)).sub(x);
    const sizes = { batch: 2 };
    await checkGradients(y, [x], { feeds: { x: float32([2, 3], [1, -0.5, 0.25, 0, 0.75, -1]) }, sizes });
  });

  it('joins the paths of a diamond once', () => {
    const x = input('x', 'float32', [2]);
    const middle = x.exp();
    const [dx] = gradients(middle.sin().add(middle.cos()), [x]);
    const products = graph({ dx: dx! }).nodes.filter(({ op, scope }) => op === 'Mul' && scope === '/gradient');
    expect(products).toHaveLength(3); // one for each of sine and cosine, and a single one for the exponential
  });

  it('takes two objects of one parameter for the same', async () => {
    const [first, second] = [parameter('w', [2]), parameter('w', [2])];
    const [dw] = gradients(first.mul(second), [parameter('w', [2])]);
    const { gradient } = await runGraph({ gradient: dw! }, { w: float32([2], [3, -4]) });
    expectClose(numbers(gradient!), [6, -8]);
  });

  it('fills in zeros for parts of a split that nothing reads', async () => {
    const x = input('x', 'float32', ['batch', 4]);
    const [, middle] = x.split([1, 2, 1], 1) as [Tensor, Tensor];
    const { dx } = await runGraph({ dx: gradients(middle.mul(3), [x])[0]! }, { x: float32([1, 4], [1, 2, 3, 4]) });
    expect(numbers(dx!)).toEqual([0, 3, 3, 0]);
  });
});

describe('what is differentiated', () => {
  it('goes to tensors in the middle and to the output itself', async () => {
    const x = input('x', 'float32', [2]);
    const middle = x.mul(2);
    const output = middle.mul(middle);
    const [first, second, last] = gradients(output, [x, middle, output]);
    const results = await runGraph({ first: first!, second: second!, last: last! }, { x: float32([2], [1, 3]) });
    expect(numbers(results['first']!)).toEqual([8, 24]);
    expect(numbers(results['second']!)).toEqual([4, 12]);
    expect(numbers(results['last']!)).toEqual([1, 1]);
  });

  it('starts from the seed', async () => {
    const x = input('x', 'float32', ['batch', 2]);
    const seed = input('seed', 'float32', ['batch', 2]);
    const [dx] = gradients(x.mul(5), [x], { seed });
    const { gradient } = await runGraph(
      { gradient: dx! },
      { x: float32([1, 2], [1, 1]), seed: float32([1, 2], [1, -2]) },
    );
    expect(numbers(gradient!)).toEqual([5, -10]);
  });

  it('differentiates gradients again', async () => {
    const x = input('x', 'float32', [3]);
    const [slope] = gradients(x.mul(x).mul(x), [x]);
    const [curvature] = gradients(slope!, [x]);
    const { result } = await runGraph({ result: curvature! }, { x: float32([3], [-1, 0, 2]) });
    expectClose(numbers(result!), [-6, 0, 12]);
  });

  it('goes back through a frozen weight as it is stored, and makes no gradient of it', () => {
    const x = input('x', 'float32', ['batch', 4]);
    const y = inScope('layers/0', () => linear(x, parameter('layers.0.weight', [3, 4])).tanh());
    const [dx] = inScope('ignored', () => gradients(y, [x], { seed: input('seed', 'float32', ['batch', 3]) }));
    expect(dump(graph({ dx: dx! }))).toMatchInlineSnapshot(`
      "input x: float32 [batch, 4]
      input seed: float32 [batch, 3]
      parameter layers.0.weight: float32 [3, 4]
      /layers/0/FusedMatMul(x, layers.0.weight): float32 [batch, 3]
      /layers/0/Tanh(/layers/0/FusedMatMul): float32 [batch, 3]
      /gradient/layers/0/Mul(seed, /layers/0/Tanh): float32 [batch, 3]
      /gradient/layers/0/Mul_1(/gradient/layers/0/Mul, /layers/0/Tanh): float32 [batch, 3]
      /gradient/layers/0/Sub(seed, /gradient/layers/0/Mul_1): float32 [batch, 3]
      /gradient/layers/0/MatMul(/gradient/layers/0/Sub, layers.0.weight): float32 [batch, 4]
      output dx = /gradient/layers/0/MatMul: float32 [batch, 4]"
    `);
  });

  it('sums over all rows in one product where a weight is asked for', () => {
    const x = input('x', 'float32', ['batch', 'tokens', 4]);
    const weight = parameter('w', [3, 4]);
    const [dw] = gradients(linear(x, weight), [weight], { seed: input('seed', 'float32', ['batch', 'tokens', 3]) });
    expect(graph({ dw: dw! }).nodes.map(({ op, outputs }) => [op, outputs[0]!.shape])).toEqual([
      ['Reshape', ['batch*tokens', 3]],
      ['Reshape', ['batch*tokens', 4]],
      ['FusedMatMul', [3, 4]],
    ]);
  });

  it('keeps in half precision what is computed in half precision', () => {
    const x = input('x', 'float16', ['batch', 4]);
    const [dx] = gradients(x.mul(x).sum([1]).cast('float32'), [x]);
    expect(dx!.dtype).toBe('float16');
    expect(dx!.shape).toEqual(['batch', 4]);
  });

  it('survives a chain that is deeper than the call stack', () => {
    const x = input('x', 'float32', [2]);
    let y = x;
    for (let i = 0; i < 5000; i++) y = y.sin();
    const [dx] = gradients(y, [x]);
    expect(graph({ dx: dx! }).nodes.filter(({ op }) => op === 'Cos')).toHaveLength(5000);
  });
});

describe('what cannot be differentiated', () => {
  const x = input('x', 'float32', ['batch', 4]);

  it('refuses a tensor that the output does not depend on', () => {
    const other = inScope('vision', () => parameter('w', [4]).exp());
    expect(errorCode(() => gradients(x.exp(), [x, input('unused', 'float32', [2])]))).toBe('NO_PATH');
    expect(() => gradients(x.exp(), [other])).toThrow(/the output of \/vision\/Exp, float32 \[4\]/);
    expect(() => gradients(x.exp(), [scalar(1)])).toThrow(/a constant/);
  });

  it('finds no path through whole numbers', () => {
    expect(errorCode(() => gradients(x.cast('int64').cast('float32'), [x]))).toBe('NO_PATH');
    expect(errorCode(() => gradients(x.cast('int64'), [x]))).toBe('NO_PATH');
    const ids = input('ids', 'int64', ['batch']);
    expect(errorCode(() => gradients(parameter('table', [9, 4]).gather(ids), [ids]))).toBe('NO_PATH');
  });

  it('names op and module of an op without a rule', () => {
    const rules = gradientRules as { Erf?: GradientRule };
    const rule = rules.Erf!;
    delete rules.Erf;
    try {
      const y = inScope('blocks/3', () => x.erf());
      expect(errorCode(() => gradients(y, [x]))).toBe('NO_GRADIENT');
      expect(() => gradients(y.mul(2), [x])).toThrow(/^\/blocks\/3\/Erf: this op has no gradient rule/);
    } finally {
      rules.Erf = rule;
    }
  });

  it('names the input of an op that has no gradient', () => {
    const positions = input('positions', 'int64', ['batch', 'tokens']);
    const cosines = input('cosines', 'float32', [9, 2]);
    const y = input('q', 'float32', ['batch', 'tokens', 4]).rotaryEmbedding(positions, cosines, cosines.mul(2));
    expect(() => gradients(y, [cosines])).toThrow(/RotaryEmbedding: input 2 of this op has no gradient/);
  });

  it('refuses windows that overlap, and scattering that overwrites', () => {
    const image = input('image', 'float32', ['batch', 1, 4, 4]);
    const y = image.convolution(parameter('w', [1, 1, 2, 2]), parameter('b', [1]), 1);
    expect(errorCode(() => gradients(y, [image]))).toBe('NO_GRADIENT');
    expect(errorCode(() => gradients(y, [parameter('b', [1])]))).toBe('none');
    const put = applyAll('ScatterElements', [x, input('i', 'int64', ['batch', 4]), x], { axis: 1, reduction: 'none' });
    expect(errorCode(() => gradients(put[0]!, [x]))).toBe('NO_GRADIENT');
  });

  it('refuses a seed of another shape or type', () => {
    expect(errorCode(() => gradients(x.exp(), [x], { seed: input('seed', 'float32', [4]) }))).toBe('SHAPE_MISMATCH');
    expect(errorCode(() => gradients(x.exp(), [x], { seed: input('seed', 'float64', ['batch', 4]) }))).toBe(
      'SHAPE_MISMATCH',
    );
  });

  it('refuses a rule that gives a gradient of the wrong shape', () => {
    const rules = gradientRules as { Erf: GradientRule };
    const rule = rules.Erf;
    rules.Erf = () => [() => scalar(1)];
    try {
      expect(() => gradients(x.erf(), [x])).toThrow(
        /Erf: gradient does not fit its input, expected float32 \[batch, 4\]/,
      );
    } finally {
      rules.Erf = rule;
    }
  });
});

describe('equal maxima', () => {
  it('share the gradient', async () => {
    const x = input('x', 'float32', [2, 3]);
    const { dx } = await runGraph({ dx: gradients(x.max([1]), [x])[0]! }, { x: float32([2, 3], [2, 1, 2, 0, 3, 1]) });
    expect(numbers(dx!)).toEqual([0.5, 0, 0.5, 0, 1, 0]);
  });
});

describe('repeated indices', () => {
  it('lose no update, however many there are', async () => {
    const table = input('table', 'float32', [2, 512]);
    const ids = input('ids', 'int64', ['n']);
    const [gradient] = gradients(table.gather(ids), [table]);
    const many = Array.from({ length: 2000 }, (_, i) => i % 2);
    const feeds = { table: float32([2, 512], new Float32Array(1024)), ids: integers([2000], many) };
    const { result } = await runGraph({ result: gradient! }, feeds);
    expect(new Set(numbers(result!))).toEqual(new Set([1000]));
  });
});
