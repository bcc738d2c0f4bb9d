import { describe, expect, it } from 'vitest';
import { op, testedOps, type Reference } from '../../test/check-op.js';
import { indices, normal, positive, spread, truths } from '../../test/sample.js';
import { gradientRules } from '../gradient-rules.js';
import { applyAll, int64, type Tensor } from '../tensor.js';
import { opTable, type OpName } from './op-table.js';

const { abs, cos, exp, floor, log, max, sin, sqrt, tanh, trunc } = Math;
const apply = (name: OpName, inputs: Tensor[], attributes = {}) => applyAll(name, inputs, attributes)[0]!;
const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const sum = (count: number, term: (i: number) => number) => range(count).reduce((total, i) => total + term(i), 0);
const most = (count: number, term: (i: number) => number) => max(...range(count).map(term));
const sigmoid = (x: number) => 1 / (1 + exp(-x));

/** The error function by its power series, which converges everywhere. */
function erf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; abs(term) > 1e-18; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / sqrt(Math.PI)) * total;
}

describe('elementwise', () => {
  op('Add', [normal('batch', 3), normal('batch', 3)], (a, b) => a.add(b)).is((i, a, b) => a(...i) + b(...i));
  op('Add, vector', [normal('batch', 3), normal(3)], (a, b) => a.add(b)).is((i, a, b) => a(...i) + b(...i));
  op('Add, both grow', [normal(2, 1, 'rows'), normal(3, 1)], (a, b) => a.add(b)).is((i, a, b) => a(...i) + b(...i));
  op('Add, scalar', [normal(), normal(2, 'rows')], (a, b) => a.add(b)).is((i, a, b) => a() + b(...i));
  op('Sub', [normal(3), normal('batch', 3)], (a, b) => a.sub(b)).is((i, a, b) => a(...i) - b(...i));
  op('Mul', [normal('batch', 1), normal('batch', 3)], (a, b) => a.mul(b)).is((i, a, b) => a(...i) * b(...i));
  op('Mul, number', [normal(2, 3)], a => a.mul(-1.5)).is((i, a) => -1.5 * a(...i));
  op('Div', [normal('batch', 3), positive(3)], (a, b) => a.div(b)).is((i, a, b) => a(...i) / b(...i));
  op('Pow', [positive('batch', 3), normal(3)], (a, b) => a.pow(b)).is((i, a, b) => a(...i) ** b(...i));
  op('Pow, number', [normal(2, 3)], a => a.pow(3)).is((i, a) => a(...i) ** 3);
  op('Neg', [normal(2, 3)], a => a.neg()).is((i, a) => -a(...i));
  op('Sqrt', [positive(2, 3)], a => a.sqrt()).is((i, a) => sqrt(a(...i)));
  op('Reciprocal', [positive(2, 3)], a => a.reciprocal()).is((i, a) => 1 / a(...i));
  op('Exp', [normal(2, 3)], a => a.exp()).is((i, a) => exp(a(...i)));
  op('Log', [positive(2, 3)], a => a.log()).is((i, a) => log(a(...i)));
  op('Erf', [normal(2, 3)], a => a.erf()).is((i, a) => erf(a(...i)));
  op('Tanh', [normal(2, 3)], a => a.tanh()).is((i, a) => tanh(a(...i)));
  op('Sigmoid', [normal(2, 3)], a => a.sigmoid()).is((i, a) => sigmoid(a(...i)));
  op('Relu', [spread(2, 3)], a => a.relu()).is((i, a) => max(a(...i), 0));
  op('Sin', [normal(2, 3)], a => a.sin()).is((i, a) => sin(a(...i)));
  op('Cos', [normal(2, 3)], a => a.cos()).is((i, a) => cos(a(...i)));
  op('Gelu', [normal(2, 5)], a => a.gelu()).is((i, a) => 0.5 * a(...i) * (1 + erf(a(...i) / sqrt(2))));
  op('QuickGelu', [normal('batch', 5)], a => a.silu()).is((i, a) => a(...i) * sigmoid(a(...i)));
  const curve = (a: Tensor) => apply('QuickGelu', [a], { alpha: 1.7 });
  op('QuickGelu, 1.7', [normal(9)], curve).is((i, a) => a(...i) * sigmoid(1.7 * a(...i)));
  const chosen = [truths('batch', 1), normal('batch', 3), normal(3)];
  op('Where', chosen, (c, a, b) => c.where(a, b)).is((i, c, a, b) => (c(...i) ? a : b)(...i));
  op('Where, number', [truths(3), normal(2, 3)], (c, a) => c.where(a, -2)).is((i, c, a) => (c(...i) ? a(...i) : -2));
  op('Cast', [normal('batch', 2)], a => a.cast('float64').cast('float32')).is((i, a) => a(...i));
  op('Cast to int64', [spread('batch', 3)], a => a.cast('int64')).is((i, a) => trunc(a(...i)));
  op('Equal', [indices(2, 2, 4), indices(2, 4)], (a, b) => a.equal(b)).is((i, a, b) => Number(a(...i) === b(...i)));
  op('Less', [normal('batch', 4), normal(4)], (a, b) => a.less(b)).is((i, a, b) => Number(a(...i) < b(...i)));
  op('LessOrEqual', [indices(3, 8)], a => a.lessOrEqual(1)).is((i, a) => Number(a(...i) <= 1));
  op('Greater', [normal('batch', 4)], a => a.greater(0)).is((i, a) => Number(a(...i) > 0));
  op('And', [truths(2, 4), truths(4)], (a, b) => a.and(b)).is((i, a, b) => a(...i) & b(...i));
  op('Not', [truths(2, 4)], a => a.not()).is((i, a) => 1 - a(...i));
});

describe('products', () => {
  const [rows, columns, both] = [normal('batch', 2, 3), normal('batch', 3, 2), { transposeA: true, transposeB: true }];
  op('MatMul', [normal(2, 3), normal(3, 4)], (a, b) => a.matmul(b)).is(([i, j], a, b) =>
    sum(3, k => a(i!, k) * b(k, j!)),
  );
  op('MatMul, one weight', [normal('batch', 'tokens', 3), normal(3, 2)], (a, b) => a.matmul(b)).is(([n, i, j], a, b) =>
    sum(3, k => a(n!, i!, k) * b(k, j!)),
  );
  op('MatMul, repeated', [normal('batch', 1, 2, 3), normal(2, 3, 2)], (a, b) => a.matmul(b)).is(([n, h, i, j], a, b) =>
    sum(3, k => a(n!, h!, i!, k) * b(h!, k, j!)),
  );
  op('FusedMatMul', [rows, columns], (a, b) => a.fusedMatmul(b, { scale: 0.5 })).is(([n, i, j], a, b) =>
    sum(3, k => 0.5 * a(n!, i!, k) * b(n!, k, j!)),
  );
  op('FusedMatMul, A · Bᵀ', [rows, normal(4, 3)], (a, b) => a.fusedMatmul(b, { transposeB: true })).is(
    ([n, i, j], a, b) => sum(3, k => a(n!, i!, k) * b(j!, k)),
  );
  op('FusedMatMul, Aᵀ · B', [columns, columns], (a, b) => a.fusedMatmul(b, { transposeA: true })).is(
    ([n, i, j], a, b) => sum(3, k => a(n!, k, i!) * b(n!, k, j!)),
  );
  op('FusedMatMul, Aᵀ · Bᵀ', [columns, normal(4, 3)], (a, b) => a.fusedMatmul(b, both)).is(([n, i, j], a, b) =>
    sum(3, k => a(n!, k, i!) * b(j!, k)),
  );
});

describe('movement', () => {
  op('Identity', [normal('batch', 3)], a => apply('Identity', [a.mul(2)])).is((i, a) => 2 * a(...i));
  op('Reshape', [normal(2, 3)], a => a.reshape([3, 2])).is(([i, j], a) =>
    a(floor((2 * i! + j!) / 3), (2 * i! + j!) % 3),
  );
  op('Transpose', [normal('batch', 3, 2)], a => a.transpose([2, 0, 1])).is(([i, j, k], a) => a(j!, k!, i!));
  op('Unsqueeze', [normal('batch', 3)], a => a.unsqueeze(0, 2)).is(([, i, , j], a) => a(i!, j!));
  op('Squeeze', [normal('batch', 1, 3, 1)], a => a.squeeze(1, -1)).is(([i, j], a) => a(i!, 0, j!, 0));
  op('Expand', [normal(2, 1)], a => a.expand([4, 2, 3])).is((i, a) => a(...i));
  op('Expand like x', [normal(3), indices(9, 'batch')], (a, b) => a.expand(['batch', 3], b)).is((i, a) => a(...i));
  op('Concat', [normal(2, 'past'), normal(2, 'tokens')], (a, b) => a.concat([b, a], 1)).is(([i, j], a, b) => {
    const row = [a, b, a].flatMap(part => range(part.shape[1]!).map(column => part(i!, column)));
    return row[j!]!;
  });
  op('Split', [normal('batch', 4)], a => a.split([1, 3], 1)[1]!).is(([i, j], a) => a(i!, j! + 1));
  const halves = (a: Tensor, b: Tensor) => a.concat([b], 0).split(['batch', 'past'], 0, a, b);
  const ends = (a: Tensor, b: Tensor) => halves(a, b)[1]!.mul(2);
  op('Split like x', [normal('batch', 3), normal('past', 3)], ends).is((i, _, b) => 2 * b(...i));
  op('Slice', [normal('batch', 4)], a => a.slice(1, 3, 1)).is(([i, j], a) => a(i!, j! + 1));
  op('Slice from the end', [normal('batch', 5)], a => a.slice(-3, -1, 1)).is(([i, j], a) => a(i!, j! + 2));
  op('Slice past the end', [normal(4, 2)], a => a.slice(2, 9, 0)).is(([i, j], a) => a(i! + 2, j!));
  const window = (a: Tensor) => apply('Slice', [a, int64([0, 1]), int64([2, 3]), int64([2, 0])]);
  op('Slice of two axes', [normal(4, 2, 3)], window).is(([i, j, k], a) => a(i! + 1, j!, k!));
  op('Slice but the first', [normal('batch', 2)], a => a.slice(1, 2 ** 31, 0)).is(([i, j], a) => a(i! + 1, j!));
  op('Slice but the last', [normal('batch', 2)], a => a.slice(0, -1, 0)).is((i, a) => a(...i));
  op('Slice of the last', [normal(2, 'past')], a => a.slice(-1, 2 ** 31, 1)).is(([i], a) => a(i!, a.shape[1]! - 1));
  op('Pad', [normal('batch', 2)], a => a.pad([0, 1], [2, 0])).is(([i, j], a) =>
    i! < a.shape[0]! && j ? a(i!, j - 1) : 0,
  );
  op('Pad, cutting', [normal('batch', 2)], a => a.pad([-1, 0], [0, 1])).is(([i, j], a) => (j! < 2 ? a(i! + 1, j!) : 0));
  op('Shape', [normal('batch', 2)], a => a.shapeAtRun()).is(([i], a) => a.shape[i!]!);
});

describe('reductions', () => {
  op('ReduceSum', [normal('batch', 4)], a => a.sum([1])).is(([i], a) => sum(4, j => a(i!, j)));
  op('ReduceSum, kept', [normal(2, 'batch', 3)], a => a.sum([0, 2], true)).is(([, j], a) =>
    sum(2, i => sum(3, k => a(i, j!, k))),
  );
  op('ReduceMean', [normal('batch', 4)], a => a.mean([-1])).is(([i], a) => sum(4, j => a(i!, j)) / 4);
  op('ReduceMean of unknown sizes', [normal('batch', 'rows')], a => a.mean([0, 1])).is((_, a) => {
    const [n, m] = a.shape as [number, number];
    return sum(n, i => sum(m, j => a(i, j))) / (n * m);
  });
  op('ReduceMax', [spread('batch', 4)], a => a.max([1])).is(([i], a) => most(4, j => a(i!, j)));
  op('ReduceMax, kept', [spread(2, 3, 2)], a => a.max([0, 1], true)).is(([, , k], a) =>
    most(2, i => most(3, j => a(i, j, k!))),
  );
  op('Softmax', [normal('batch', 4)], a => a.softmax()).is(([i, j], a) => exp(a(i!, j!)) / sum(4, k => exp(a(i!, k))));
  const down = (a: Tensor) => apply('Softmax', [a], { axis: 0 });
  op('Softmax down', [normal(3, 'rows')], down).is(([i, j], a) => exp(a(i!, j!)) / sum(3, k => exp(a(k, j!))));
  op('LogSoftmax', [normal('batch', 4)], a => a.logSoftmax()).is(
    ([i, j], a) => a(i!, j!) - log(sum(4, k => exp(a(i!, k)))),
  );
  op('ArgMax', [spread('batch', 4)], a => a.argMax(-1)).is(([i], a) => {
    const row = range(4).map(j => a(i!, j));
    return row.indexOf(max(...row));
  });
});

describe('normalization', () => {
  const mean = (read: (k: number) => number) => sum(4, read) / 4;
  const norm = (x: Tensor, weight: Tensor, bias: Tensor) => x.layerNormalization(weight, bias, 0.01);
  op('LayerNormalization', [normal('batch', 4), normal(4), normal(4)], norm).is(([i, j], x, weight, bias) => {
    const middle = mean(k => x(i!, k));
    return ((x(i!, j!) - middle) / sqrt(mean(k => (x(i!, k) - middle) ** 2) + 0.01)) * weight(j!) + bias(j!);
  });
  const scaled = (x: Tensor, weight: Tensor) => x.rmsNormalization(weight, 0.01);
  const byItsRoot: Reference = (i, x, weight) => {
    const row = i.slice(0, -1);
    return (x(...i) / sqrt(mean(k => x(...row, k) ** 2) + 0.01)) * weight(i.at(-1)!);
  };
  op('RMSNormalization, rank 2', [normal('batch', 4), normal(4)], scaled).is(byItsRoot);
  op('RMSNormalization, rank 3', [normal('batch', 2, 4), normal(4)], scaled).is(byItsRoot);
  op('RMSNormalization, rank 4', [normal('batch', 1, 'tokens', 4), normal(4)], scaled).is(byItsRoot);
});

describe('look-ups', () => {
  op('Gather', [normal(4, 3), indices(4, 'batch', 2)], (a, b) => a.gather(b)).is(([n, i, j], a, b) => a(b(n!, i!), j!));
  op('Gather, repeated', [normal('rows', 2), indices(1, 5)], (a, b) => a.gather(b)).is(([, j], a) => a(0, j!));
  op('Gather, one', [normal(4, 3), indices(4)], (a, b) => a.gather(b)).is(([j], a, b) => a(b(), j!));
  op('Gather along 1', [normal('batch', 4, 2), indices(4, 3)], (a, b) => a.gather(b, 1)).is(([n, i, j], a, b) =>
    a(n!, b(i!), j!),
  );
  op('GatherElements', [normal('batch', 4), indices(4, 'batch', 3)], (a, b) => a.gatherElements(b, 1)).is(
    ([i, j], a, b) => a(i!, b(i!, j!)),
  );
  const sums = [normal(3, 'rows'), indices(3, 5, 'rows'), normal(5, 'rows')];
  op('ScatterElements', sums, (a, b, c) => a.scatterAdd(b, c, 0)).is(
    ([i, j], a, b, c) => a(i!, j!) + sum(5, k => (b(k, j!) === i ? c(k, j!) : 0)),
  );
  // two heads of size 4, and a table of angles in steps of 0.4
  const heads = [normal('batch', 'tokens', 8), indices(5, 'batch', 'tokens'), indices(9, 5, 2)];
  const turned = (x: Tensor, positions: Tensor, steps: Tensor) => {
    const angles = steps.cast('float32').mul(0.4);
    return x.rotaryEmbedding(positions, angles.cos(), angles.sin());
  };
  op('RotaryEmbedding', heads, turned).is(([n, t, j], x, position, steps) => {
    const half = j! % 2;
    const first = floor(j! / 4) * 4 + half;
    const angle = 0.4 * steps(position(n!, t!), half);
    const [a, b] = [x(n!, t!, first), x(n!, t!, first + 2)];
    return j! % 4 < 2 ? a * cos(angle) - b * sin(angle) : b * cos(angle) + a * sin(angle);
  });
});

describe('convolution', () => {
  const patches = (x: Tensor, weight: Tensor, bias: Tensor) => x.convolution(weight, bias, 2);
  const samples = (height: number, width: number) => [normal('batch', 2, height, width), normal(3, 2, 2, 2), normal(3)];
  const convolved: Reference = ([n, o, y, x], image, weight, bias) => {
    const pixel = (c: number, i: number, j: number) => image(n!, c, 2 * y! + i, 2 * x! + j) * weight(o!, c, i, j);
    return bias(o!) + sum(2, c => sum(2, i => sum(2, j => pixel(c, i, j))));
  };
  op('Conv', samples(4, 2), patches).is(convolved);
  op('Conv, pixels left over', samples(3, 5), patches).is(convolved);
});

describe('the table', () => {
  const names = Object.keys(opTable) as OpName[];
  const withoutGradient = ['Equal', 'Less', 'LessOrEqual', 'Greater', 'And', 'Not', 'Shape', 'ArgMax'];

  it('has a gradient rule for every op but those that give integers or truth values', () => {
    expect(names.filter(name => gradientRules[name] === undefined)).toEqual(withoutGradient);
  });

  it('has a test for every op', () => {
    expect(names.filter(name => !testedOps.has(name))).toEqual([]);
  });
});
