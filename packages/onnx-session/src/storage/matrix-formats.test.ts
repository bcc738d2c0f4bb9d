import { float16ToFloat32, float32ToFloat16, random, type HostTensor } from '@minigpt4/core';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { matrixFormats, type Matrix, type MatrixFormatName } from './matrix-formats.js';

const { normal } = random(6);
const [outputs, inputs] = [70, 96];
const rowSize = (row: number) => (row === 3 ? 0 : 2 ** (row % 9));
const values = Float32Array.from({ length: outputs * inputs }, (_, i) => rowSize(Math.floor(i / inputs)) * normal());
const matrix: Matrix = { outputs, inputs, values };

function parts(format: MatrixFormatName, of: Matrix = matrix): Record<string, HostTensor> {
  const described = matrixFormats[format](of.outputs, of.inputs);
  return Object.fromEntries(
    Object.entries(described).map(([name, { dtype, shape, make }]) => [name, { dtype, shape, data: make(of) }]),
  );
}

const rows = (array: ArrayLike<number>) =>
  Array.from({ length: outputs }, (_row, row) =>
    Array.from({ length: inputs }, (_column, column) => array[row * inputs + column]!),
  );
const largest = (row: readonly number[]) => Math.max(...row.map(Math.abs));

describe('whole numbers', () => {
  it.each([
    ['int8', 1],
    ['int16', 254],
  ] as const)('%s are off by half a step at most, whatever the size of the row', (format, stepsInOne) => {
    const { scales, rows_0: first, rows_1: second } = parts(format);
    expect(first!.dtype).toBe('int8');
    expect(first!.shape).toEqual([outputs, inputs]);
    const [whole, rest] = [rows(first!.data as Int8Array), second && rows(second.data as Int8Array)];
    for (const [row, expected] of rows(values).entries()) {
      const scale = (scales!.data as Float32Array)[row]!;
      expectClose([scale], [largest(expected) / 127], { relative: 1e-6 });
      const found = whole[row]!.map((steps, i) => scale * (steps + (rest?.[row]![i] ?? 0) / 254));
      expectClose(found, expected, { absolute: (0.501 * scale) / stepsInOne });
      expect(largest(whole[row]!)).toBe(scale === 0 ? 0 : 127);
    }
  });

  it.each(['0', '1'])('part %s is there the other way round too', part => {
    const stored = parts('int16');
    const columns = stored[`columns_${part}`]!;
    expect(columns.shape).toEqual([inputs, outputs]);
    const expected = Int8Array.from(columns.data as Int8Array, (_, i) => {
      return (stored[`rows_${part}`]!.data as Int8Array)[(i % outputs) * inputs + Math.floor(i / outputs)]!;
    });
    expect(columns.data).toEqual(expected);
  });
});

describe('4-bit blocks', () => {
  const unpacked = ({ values: packed, scales, offsets }: Record<string, HostTensor>) => {
    const [steps, starts] = [scales!, offsets!].map(({ data }) => float16ToFloat32(data as Uint16Array));
    return Float32Array.from({ length: 2 * packed!.data.length }, (_, i) => {
      const block = Math.floor(i / 32);
      const number = (Number(packed!.data[i >> 1]) >> (4 * (i & 1))) & 15;
      return steps![block]! * number + starts![block]!;
    });
  };

  it('are off by half a step of their block at most, and what half precision loses', () => {
    const stored = parts('int4');
    expect(stored['values']!.shape).toEqual([(outputs * inputs) / 2]);
    expect(stored['scales']!.shape).toEqual([outputs, inputs / 32, 1]);
    const found = unpacked(stored);
    for (let start = 0; start < values.length; start += 32) {
      const block = Array.from(values.subarray(start, start + 32));
      const step = (Math.max(...block) - Math.min(...block)) / 15;
      expectClose(found.slice(start, start + 32), block, { absolute: 0.51 * step + 2e-3 * largest(block) });
    }
  });

  it('give weights of 16 levels back as they are, as those of GGUF are', () => {
    const half = (value: number) => float16ToFloat32(float32ToFloat16(Float32Array.of(value)))[0]!;
    const levels = Float32Array.from({ length: outputs * inputs }, (_, i) => {
      const block = Math.floor(i / 32);
      const [step, least] = [half(0.01 * (1 + (block % 5))), half(-0.08 - 0.01 * (block % 3))];
      return step * (i % 32 < 16 ? i % 16 : (7 * i) % 16) + least;
    });
    const found = unpacked(parts('int4', { ...matrix, values: levels }));
    expectClose([...found], [...levels], { absolute: 1e-7 });
  });

  it('hold blocks of equal weights', () => {
    const equal = { outputs: 1, inputs: 64, values: new Float32Array(64).fill(0.5) };
    expect([...unpacked(parts('int4', equal))]).toEqual([...equal.values]);
  });
});

it('rounds to half precision', () => {
  const { half } = parts('float16');
  expect(half).toEqual({ dtype: 'float16', shape: [outputs, inputs], data: float32ToFloat16(values) });
});
