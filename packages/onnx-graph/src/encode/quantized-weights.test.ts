import { fromBinary } from '@bufbuild/protobuf';
import { float16ToFloat32, float32ToFloat16, hostTensor, random, type HostTensor } from '@minigpt4/core';
import { expectClose } from '@minigpt4/testing';
import { ModelProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { errorCode } from '../../test/error-code.js';
import { float32, loadGraph, numbers } from '../../test/run-graph.js';
import { gradients } from '../gradient.js';
import { graph } from '../graph.js';
import { input, parameter, type Tensor } from '../tensor.js';
import { encodeModel } from './encode-model.js';
import type { Int4Source, IntegerSource, StoredSource, WeightSource } from './weight-source.js';

const [outputs, inputs] = [5, 64];
const weight = parameter('w', [outputs, inputs]);
const x = input('x', 'float32', ['batch', 'rows', inputs]);
const y = x.fusedMatmul(weight, { transposeB: true });

const { normal, integer } = random(4);
const memory = (tensor: HostTensor): StoredSource => ({ kind: 'memory', tensor });
const draw = (count: number, one: () => number) => Float32Array.from({ length: count }, one);
const at = (row: number, column: number) => row * inputs + column;
const sum = (count: number, term: (i: number) => number) =>
  Array.from({ length: count }, (_, i) => term(i)).reduce((total, value) => total + value, 0);

/** Rows of very different sizes, and one of zeros. */
const rowSizes = [1, 1e-3, 300, 0];
const xValues = draw(rowSizes.length * inputs, normal).map((value, i) => value * rowSizes[Math.floor(i / inputs)]!);
const xFed = float32([2, 2, inputs], xValues);

const isNode = (op: string, { node }: { node: readonly { opType: string }[] }) =>
  node.filter(({ opType }) => opType === op).length;

async function run(results: Record<string, Tensor>, source: WeightSource, feeds: Record<string, HostTensor>) {
  const loaded = await loadGraph(results, { sources: new Map([['w', source]]) });
  try {
    return await loaded.run(feeds);
  } finally {
    await loaded.release();
  }
}

/** Whole numbers in one or two parts, and the weights that they stand for. */
function integers(count: 1 | 2): { source: IntegerSource; weights: Float32Array } {
  const part = () => Int8Array.from({ length: outputs * inputs }, () => integer(255) - 127);
  const parts = Array.from({ length: count }, part);
  const scales = draw(outputs, () => Math.exp(normal()));
  const transposed = (rows: Int8Array) =>
    Int8Array.from(rows, (_, i) => rows[at(i % outputs, Math.floor(i / outputs))]!);
  const weights = draw(outputs * inputs, () => 0).map((_, i) => {
    const steps = parts[0]![i]! + (parts[1]?.[i] ?? 0) / 254;
    return scales[Math.floor(i / inputs)]! * steps;
  });
  const stored = parts.map(rows => ({
    rows: memory(hostTensor('int8', [outputs, inputs], rows)),
    columns: memory(hostTensor('int8', [inputs, outputs], transposed(rows))),
  }));
  return { source: { kind: 'integer', parts: stored, scales: memory(float32([outputs], scales)) }, weights };
}

/** The most that a row's result may be off: 1/16,000 of what its largest element makes of the largest weight. */
function expectRows(found: number[], expected: number[], size: number): void {
  for (let start = 0; start < expected.length; start += size) {
    const row = expected.slice(start, start + size);
    const largest = Math.max(...row.map(Math.abs));
    expectClose(found.slice(start, start + size), row, { absolute: 2e-4 * largest });
  }
}

describe.each([1, 2] as const)('whole numbers in %i part(s)', count => {
  const { source, weights } = integers(count);

  it('multiply rows of any size', async () => {
    const result = (await run({ y }, source, { x: xFed }))['y']!;
    const expected = Array.from({ length: rowSizes.length * outputs }, (_, i) => {
      const [row, output] = [Math.floor(i / outputs), i % outputs];
      return sum(inputs, k => xValues[at(row, k)]! * weights[at(output, k)]!);
    });
    expect(result.shape).toEqual([2, 2, outputs]);
    expectRows(numbers(result), expected, outputs);
    expect(numbers(result).slice(-outputs)).toEqual([0, 0, 0, 0, 0]);
  });

  it('multiply on the way back', async () => {
    const seed = input('seed', 'float32', ['batch', 'rows', outputs]);
    const gValues = draw(rowSizes.length * outputs, normal);
    const [dx] = gradients(y, [x], { seed });
    const result = (await run({ dx: dx! }, source, { seed: float32([2, 2, outputs], gValues) }))['dx']!;
    const expected = Array.from({ length: rowSizes.length * inputs }, (_, i) => {
      const [row, k] = [Math.floor(i / inputs), i % inputs];
      return sum(outputs, output => gValues[row * outputs + output]! * weights[at(output, k)]!);
    });
    expectRows(numbers(result), expected, inputs);
  });

  it('round a factor that several products share once', () => {
    const other = parameter('v', [outputs, inputs]);
    const z = y.add(x.fusedMatmul(other, { transposeB: true }));
    const sources = new Map([
      ['w', source],
      ['v', source],
    ]);
    const encoded = fromBinary(ModelProtoSchema, encodeModel(graph({ z }), sources)).graph!;
    expect(isNode('Abs', encoded)).toBe(1);
    expect(isNode('MatMulIntegerToFloat', encoded)).toBe(2 * (count + 1));
  });

  it('are for products alone', () => {
    const encode = (tensor: Tensor) => encodeModel(graph({ tensor }), new Map([['w', source]]));
    expect(errorCode(() => encode(weight.add(1)))).toBe('QUANTIZED_USE');
    expect(errorCode(() => encode(x.fusedMatmul(weight, { transposeB: true, scale: 2 })))).toBe('QUANTIZED_USE');
    expect(() => encode(weight)).toThrow(/"w", got output\/tensor/);
  });
});

describe('half-precision weights that stay so', () => {
  const halves = float32ToFloat16(draw(outputs * inputs, normal));
  const source: WeightSource = { kind: 'half', stored: memory(hostTensor('float16', [outputs, inputs], halves)) };

  it('are widened at each use', async () => {
    const [dx] = gradients(y, [x]);
    const encoded = fromBinary(ModelProtoSchema, encodeModel(graph({ y, dx: dx! }), new Map([['w', source]]))).graph!;
    expect(isNode('Cast', encoded)).toBe(2);
    const result = (await run({ y }, source, { x: xFed }))['y']!;
    const values = float16ToFloat32(halves);
    const expected = Array.from({ length: rowSizes.length * outputs }, (_, i) =>
      sum(inputs, k => xValues[at(Math.floor(i / outputs), k)]! * values[at(i % outputs, k)]!),
    );
    expectRows(numbers(result), expected, outputs);
  });

  it('are looked up before they are widened', async () => {
    const ids = hostTensor('int64', [2], BigInt64Array.of(3n, 0n));
    const rows = weight.gather(input('ids', 'int64', ['n']));
    const result = (await run({ rows }, source, { ids }))['rows']!;
    const values = float16ToFloat32(halves);
    expect(numbers(result)).toEqual([...values.slice(at(3, 0), at(4, 0)), ...values.slice(0, at(1, 0))]);
  });
});

describe('4-bit weights', () => {
  const blockSize = 32;
  const blocks = inputs / blockSize;
  const packed = Uint8Array.from({ length: (outputs * inputs) / 2 }, () => integer(256));
  const scales = float32ToFloat16(draw(outputs * blocks, () => Math.exp(normal())));
  const offsets = float32ToFloat16(draw(outputs * blocks, normal));
  const source: Int4Source = {
    kind: 'int4',
    blockSize,
    values: memory(hostTensor('uint8', [packed.length], packed)),
    scales: memory(hostTensor('float16', [outputs, blocks, 1], scales)),
    offsets: memory(hostTensor('float16', [outputs, blocks, 1], offsets)),
  };

  it('are turned into floats at each use, whatever it is', async () => {
    const result = (await run({ whole: weight.mul(1) }, source, {}))['whole']!;
    const [steps, starts] = [float16ToFloat32(scales), float16ToFloat32(offsets)];
    const expected = Array.from({ length: outputs * inputs }, (_, i) => {
      const block = Math.floor(i / blockSize);
      return steps[block]! * ((packed[i >> 1]! >> (4 * (i & 1))) & 15) + starts[block]!;
    });
    expect(result.shape).toEqual([outputs, inputs]);
    expectClose(numbers(result), expected, { relative: 1e-6, absolute: 1e-6 });
    const [dx] = gradients(y, [x]);
    const encoded = fromBinary(ModelProtoSchema, encodeModel(graph({ y, dx: dx! }), new Map([['w', source]]))).graph!;
    expect(isNode('DequantizeLinear', encoded)).toBe(2);
  });
});

/** A column of x · Wᵀ for weights that are known. */
const productOf = (weights: ArrayLike<number>) =>
  Array.from({ length: rowSizes.length * outputs }, (_, i) => {
    const [row, output] = [Math.floor(i / outputs), i % outputs];
    return sum(inputs, k => xValues[at(row, k)]! * weights[at(output, k)]!);
  });

describe.each([
  [4, 32, 'zero points'],
  [4, 64, 'zero points'],
  [8, 32, 'zero points'],
  [4, 32, 'none'],
  [8, 32, 'none'],
] as const)('%i-bit weights in blocks of %i, zero points: %s', (bits, blockSize, points) => {
  const blocks = inputs / blockSize;
  const top = 2 ** bits;
  const numbersOf = Array.from({ length: outputs * inputs }, () => integer(top));
  const centres = Array.from({ length: outputs * blocks }, () => (points === 'none' ? top / 2 : integer(top)));
  const scales = draw(outputs * blocks, () => Math.exp(normal()));
  const bytes = (values: readonly number[], perRow: number) => {
    const row = Math.ceil((perRow * bits) / 8);
    const packed = new Uint8Array((values.length / perRow) * row);
    values.forEach((value, i) => {
      const place = Math.floor(i / perRow) * row * (8 / bits) + (i % perRow);
      packed[Math.floor((place * bits) / 8)]! |= value << ((place * bits) % 8);
    });
    return memory(hostTensor('uint8', [packed.length], packed));
  };
  const source: WeightSource = {
    kind: 'blocks',
    bits,
    blockSize,
    values: bytes(numbersOf, blockSize),
    scales: memory(float32([scales.length], scales)),
    ...(points === 'none' ? {} : { zeroPoints: bytes(centres, blocks) }),
  };
  const weights = numbersOf.map((value, i) => {
    const block = Math.floor(i / blockSize);
    return scales[block]! * (value - centres[block]!);
  });

  it('multiply as they are', async () => {
    const result = (await run({ y }, source, { x: xFed }))['y']!;
    expect(result.shape).toEqual([2, 2, outputs]);
    const [found, expected] = [numbers(result), productOf(weights)];
    for (let row = 0; row < rowSizes.length; row++) {
      const part = (values: number[]) => values.slice(row * outputs, (row + 1) * outputs);
      const size = Math.hypot(...part(expected));
      // 8 bits for the other factor
      expectClose(part(found), part(expected), { absolute: 2e-2 * size });
    }
    const encoded = fromBinary(ModelProtoSchema, encodeModel(graph({ y }), new Map([['w', source]]))).graph!;
    expect(isNode('MatMulNBits', encoded)).toBe(1);
  });

  it('are for products x · Wᵀ alone', () => {
    const encode = (tensor: Tensor) => encodeModel(graph({ tensor }), new Map([['w', source]]));
    expect(errorCode(() => encode(weight.add(1)))).toBe('QUANTIZED_USE');
    expect(errorCode(() => encode(input('g', 'float32', ['rows', outputs]).matmul(weight)))).toBe('QUANTIZED_USE');
  });
});

describe.each([
  [1, false, 2e-2],
  [2, false, 2e-4],
  [2, true, 2e-4],
] as const)('weights in columns, times %i part(s), together: %s', (parts, together, error) => {
  const values = Int8Array.from({ length: inputs * outputs }, () => integer(255) - 127);
  const scales = draw(outputs, () => Math.exp(normal()));
  const source: WeightSource = {
    kind: 'columns',
    parts,
    together,
    values: memory(hostTensor('int8', [inputs, outputs], values)),
    scales: memory(float32([outputs], scales)),
  };
  const weights = Array.from({ length: outputs * inputs }, (_, i) => {
    const [output, k] = [Math.floor(i / inputs), i % inputs];
    return scales[output]! * values[k * outputs + output]!;
  });

  it('multiply rows of any size', async () => {
    const result = (await run({ y }, source, { x: xFed }))['y']!;
    const [found, expected] = [numbers(result), productOf(weights)];
    for (let row = 0; row < rowSizes.length; row++) {
      const part = (all: number[]) => all.slice(row * outputs, (row + 1) * outputs);
      expectClose(part(found), part(expected), { absolute: error * Math.hypot(...part(expected)) });
    }
    const encoded = fromBinary(ModelProtoSchema, encodeModel(graph({ y }), new Map([['w', source]]))).graph!;
    expect(isNode('MatMulIntegerToFloat', encoded)).toBe(together ? 1 : parts);
  });

  it('are for products x · Wᵀ alone', () => {
    const encode = (tensor: Tensor) => encodeModel(graph({ tensor }), new Map([['w', source]]));
    expect(errorCode(() => encode(weight.add(1)))).toBe('QUANTIZED_USE');
    expect(errorCode(() => encode(input('g', 'float32', ['rows', outputs]).matmul(weight)))).toBe('QUANTIZED_USE');
  });
});
