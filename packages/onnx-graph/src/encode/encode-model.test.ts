import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { float32ToBfloat16, float32ToFloat16, hostTensor, type HostTensor } from '@minigpt4/core';
import { ModelProtoSchema, type GraphProto } from 'onnx-buf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float32, integers, loadGraph, numbers, runGraph, type NamedTensors } from '../../test/run-graph.js';
import { graph } from '../graph.js';
import { inScope } from '../scope.js';
import { constant, input, parameter, type Tensor } from '../tensor.js';
import { encodeModel } from './encode-model.js';
import type { WeightSource } from './weight-source.js';

/** Multiples of 1/4 up to 2: exact in every type. */
const values = Float32Array.from({ length: 12 }, (_, i) => ((i * 5) % 12) / 4 - 1);

const halves = { float16: float32ToFloat16(values), bfloat16: float32ToBfloat16(values) };

/** The encoded graph, with its nodes in the order in which they are run. */
function decoded(outputs: Record<string, Tensor>, weights?: ReadonlyMap<string, WeightSource>): GraphProto {
  const encoded = fromBinary(ModelProtoSchema, encodeModel(graph(outputs), weights)).graph!;
  encoded.node.reverse();
  return encoded;
}

const edges = ({ node }: GraphProto) =>
  node.map(({ opType, input: from, output: to }) => `${opType}(${from.join(', ')}) -> ${to.join(', ')}`);

describe('weights in files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onnx-graph-'));
    const gap = new Uint8Array(6);
    await writeFile(
      join(folder, 'weights.bin'),
      Buffer.concat([gap, bytesOf(halves.float16), bytesOf(halves.bfloat16)]),
    );
    await writeFile(join(folder, 'more.bin'), bytesOf(values));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const fileSource = (dtype: 'float16' | 'bfloat16' | 'float32'): WeightSource => {
    if (dtype === 'float32') return { kind: 'file', dtype, location: 'more.bin', offset: 0, length: 48 };
    return { kind: 'file', dtype, location: 'weights.bin', offset: dtype === 'float16' ? 6 : 30, length: 24 };
  };

  const run = async (outputs: Record<string, Tensor>, source: WeightSource, feeds: NamedTensors) => {
    const loaded = await loadGraph(outputs, { sources: new Map([['w', source]]), folder });
    const results = await loaded.run(feeds);
    await loaded.release();
    return results;
  };

  it.each(['float32', 'float16', 'bfloat16'] as const)(
    'are read from their place and computed with in float32: %s',
    async dtype => {
      const y = input('x', 'float32', ['batch', 3]).fusedMatmul(parameter('w', [4, 3]), { transposeB: true });
      const x = float32([2, 3], [1, 0, 0, 0.5, -1, 2]);
      const { result } = await run({ result: y }, fileSource(dtype), { x });
      const row = (i: number, j: number) => values[3 * i + j]!;
      const expected = [0, 1].flatMap(n =>
        [0, 1, 2, 3].map(i => [0, 1, 2].reduce((sum, j) => sum + numbers(x)[3 * n + j]! * row(i, j), 0)),
      );
      expect(numbers(result!)).toEqual(expected);
    },
  );

  it.each(['float32', 'float16', 'bfloat16'] as const)('are looked up by row as they are stored: %s', async dtype => {
    const y = parameter('w', [4, 3]).gather(input('ids', 'int64', ['n']));
    const { result } = await run({ result: y }, fileSource(dtype), { ids: integers([3], [3, 0, 3]) });
    expect(result!.dtype).toBe('float32');
    expect(numbers(result!)).toEqual([3, 0, 3].flatMap(i => Array.from(values.slice(3 * i, 3 * i + 3))));
  });

  it('stay out of the model', () => {
    const y = input('x', 'float32', ['batch', 3]).matmul(parameter('w', [3, 4]));
    const { initializer, input: inputs } = decoded({ y }, new Map([['w', fileSource('float16')]]));
    expect(inputs.map(({ name }) => name)).toEqual(['x']);
    expect(initializer).toHaveLength(1);
    expect(initializer[0]).toMatchObject({ name: 'w', dims: [3n, 4n], dataType: 10, dataLocation: 1 });
    const external = initializer[0]!.externalData.map(({ key, value }) => [key, value]);
    expect(external).toEqual([
      ['location', 'weights.bin'],
      ['offset', '6'],
      ['length', '24'],
    ]);
    expect(initializer[0]!.rawData).toHaveLength(0);
  });
});

describe('stored types', () => {
  const half = new Map<string, WeightSource>([
    ['w', { kind: 'memory', tensor: hostTensor('float16', [4, 3], halves.float16) }],
  ]);

  it('are cast once for all uses but look-ups, which cast the rows', () => {
    const table = parameter('w', [4, 3]);
    const rows = table.gather(input('ids', 'int64', ['n']));
    const logits = rows.fusedMatmul(table, { transposeB: true });
    expect(edges(decoded({ logits, again: rows.matmul(table.transpose([1, 0])) }, half))).toMatchInlineSnapshot(`
      [
        "Gather(w, ids) -> /Gather/stored",
        "Cast(/Gather/stored) -> /Gather/output_0",
        "Cast(w) -> w/float32",
        "FusedMatMul(/Gather/output_0, w/float32) -> /FusedMatMul/output_0",
        "Transpose(w/float32) -> /Transpose/output_0",
        "MatMul(/Gather/output_0, /Transpose/output_0) -> /MatMul/output_0",
        "Identity(/FusedMatMul/output_0) -> logits",
        "Identity(/MatMul/output_0) -> again",
      ]
    `);
  });

  it('of a weight that is an output are cast too', async () => {
    const loaded = await loadGraph({ y: parameter('w', [4, 3]) }, { sources: half });
    const { y } = await loaded.run({});
    await loaded.release();
    expect(y!.dtype).toBe('float32');
    expect(numbers(y!)).toEqual([...values]);
  });

  it('equal to the type of the graph are left alone', () => {
    const same = new Map<string, WeightSource>([['w', { kind: 'memory', tensor: float32([4, 3], values) }]]);
    const y = input('x', 'float32', ['n', 4]).matmul(parameter('w', [4, 3]));
    expect(edges(decoded({ y }, same))).toEqual([
      'MatMul(x, w) -> /MatMul/output_0',
      'Identity(/MatMul/output_0) -> y',
    ]);
  });
});

describe('the rest of a model', () => {
  it('takes parameters without a source as inputs', async () => {
    const y = input('x', 'float32', ['n', 2]).mul(parameter('layer.scale', [2]));
    const { input: inputs } = decoded({ y });
    expect(inputs.map(({ name }) => name)).toEqual(['x', 'layer.scale']);
    const { result } = await runGraph(
      { result: y },
      { x: float32([1, 2], [1, 2]), 'layer.scale': float32([2], [3, 4]) },
    );
    expect(numbers(result!)).toEqual([3, 8]);
  });

  it('writes sizes as numbers and names', () => {
    const { input: inputs, output } = decoded({ y: input('x', 'int64', ['past+tokens', 7]).add(1) });
    for (const info of [inputs[0]!, output[0]!]) {
      const type = info.type!.value.value as { elemType: number; shape: { dim: { value: unknown }[] } };
      expect(type.elemType).toBe(7);
      expect(type.shape.dim.map(({ value }) => value)).toMatchObject([{ value: 'past+tokens' }, { value: 7n }]);
    }
  });

  it('writes attributes of every kind', () => {
    const x = input('x', 'float32', ['batch', 1, 4, 4]);
    const y = x.convolution(parameter('w', [2, 1, 2, 2]), parameter('b', [2]), 2);
    const z = x
      .scatterAdd(input('i', 'int64', [1, 1, 4, 4]), x, 0)
      .layerNormalization(parameter('n', [4]), parameter('n', [4]), 0.5);
    const attributes = decoded({ y, z }).node.flatMap(({ attribute }) => attribute);
    const found = Object.fromEntries(attributes.map(attribute => [attribute.name, attribute]));
    expect(found['strides']!.ints).toEqual([2n, 2n]);
    expect(found['epsilon']!.f).toBe(0.5);
    expect(found['axis']!.i).toBe(-1n);
    expect(new TextDecoder().decode(found['reduction']!.s)).toBe('add');
  });

  it('tells the type of everything in between', () => {
    const y = input('x', 'float32', ['n', 4])
      .exp()
      .fusedMatmul(parameter('w', [3, 4]), { transposeB: true });
    const { valueInfo } = decoded({ y });
    const types = valueInfo.map(({ name, type }) => {
      const { shape } = type!.value.value as { shape: { dim: { value: { value: unknown } }[] } };
      return [name, shape.dim.map(({ value }) => value.value)];
    });
    expect(types).toEqual([
      ['/Exp/output_0', ['n', 4n]],
      ['/FusedMatMul/output_0', ['n', 3n]],
    ]);
  });

  it('stores a constant once and names nodes after modules', () => {
    const table = constant(float32([2], [1, 2]));
    const y = inScope('vision', () => input('x', 'float32', [2]).add(table).mul(table));
    const { node, initializer } = decoded({ y });
    expect(initializer).toHaveLength(1);
    expect(node.map(({ name }) => name)).toEqual(['/vision/Add', '/vision/Mul', 'output/y']);
  });

  it('hands inputs and several outputs through', async () => {
    const x = input('x', 'float32', ['n', 3]);
    const [left, right] = x.split([1, 2], 1) as [Tensor, Tensor];
    const results = await runGraph({ left, right, same: x }, { x: float32([1, 3], [1, 2, 3]) });
    const shown = Object.entries(results).map(([name, tensor]: [string, HostTensor]) => [name, numbers(tensor)]);
    expect(Object.fromEntries(shown)).toEqual({ left: [1], right: [2, 3], same: [1, 2, 3] });
  });
});

function bytesOf({ buffer, byteOffset, byteLength }: Uint16Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
