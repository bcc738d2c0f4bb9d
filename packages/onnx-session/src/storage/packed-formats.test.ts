import { random } from '@minigpt4/core';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { blockFormat, columnFormat, type BlockSize, type PackedFormat } from './packed-formats.js';

const { normal } = random(6);
const [outputs, inputs] = [3, 80];
const values = Float32Array.from({ length: outputs * inputs }, () => 0.1 * normal());
// the second block of the first row is all zeros, the last one of the last row all positive
values.fill(0, 32, 64);
for (let i = values.length - 16; i < values.length; i++) values[i] = 1 + Math.abs(values[i]!);

function part(format: PackedFormat, packed: Uint8Array, name: string): Uint8Array {
  const { offset, length } = format.sections[name]!;
  return packed.slice(offset, offset + length);
}

/** What a matrix in blocks stands for. */
function unpacked(bits: 4 | 8, blockSize: BlockSize): Float32Array {
  const format = blockFormat(bits, blockSize)(outputs, inputs);
  const packed = format.make({ outputs, inputs, values });
  const blocks = Math.ceil(inputs / blockSize);
  const scales = new Float32Array(part(format, packed, 'scales').buffer);
  const [points, numbers] = [part(format, packed, 'zeroPoints'), part(format, packed, 'values')];
  const pointRow = Math.ceil((blocks * bits) / 8);
  const at = (bytes: Uint8Array, i: number) => (bits === 8 ? bytes[i]! : (bytes[i >> 1]! >> (4 * (i & 1))) & 15);
  return values.map((_, i) => {
    const [output, input] = [Math.floor(i / inputs), i % inputs];
    const block = Math.floor(input / blockSize);
    const number = at(numbers, (output * blocks + block) * blockSize + (input % blockSize));
    const point = at(points.subarray(output * pointRow, (output + 1) * pointRow), block);
    return scales[output * blocks + block]! * (number - point);
  });
}

/** Root of the mean square of what is lost, by that of the weights. */
function loss(found: Float32Array): number {
  return Math.hypot(...found.map((value, i) => value - values[i]!)) / Math.hypot(...values);
}

describe('blockFormat', () => {
  // measured: 0.029, 0.032, 0.062 and 0.0019
  it.each([
    [4, 32, 0.031],
    [4, 64, 0.034],
    [4, 128, 0.065],
    [8, 32, 0.002],
  ] as const)('of %i bits in blocks of %i loses at most %f of the weights', (bits, blockSize, most) => {
    const found = unpacked(bits, blockSize);
    expect(loss(found)).toBeLessThan(most);
    expect(loss(found)).toBeGreaterThan(0);
  });

  it('keeps zeros, and the sign of weights on one side', () => {
    for (const bits of [4, 8] as const) {
      const found = unpacked(bits, 32);
      expect(found.slice(32, 64)).toEqual(new Float32Array(32));
      expect(Math.min(...found.slice(-16))).toBeGreaterThan(0.5);
    }
  });

  it('is nearer to the weights than a grid from the least to the most', () => {
    const plain = values.map((value, i) => {
      const row = Math.floor(i / inputs) * inputs;
      const start = row + Math.floor((i - row) / 32) * 32;
      const block = values.subarray(start, Math.min(start + 32, row + inputs));
      const [least, most] = [Math.min(0, ...block), Math.max(0, ...block)];
      const scale = (most - least) / 15;
      if (scale === 0) return 0;
      const point = Math.round(-least / scale);
      return scale * (Math.min(Math.max(Math.round(value / scale) + point, 0), 15) - point);
    });
    expect(loss(unpacked(4, 32))).toBeLessThan(loss(plain));
  });

  it('begins each part where processors load at once', () => {
    const { bytes, sections } = blockFormat(4, 32)(outputs, inputs);
    const offsets = Object.values(sections).map(({ offset }) => offset);
    expect(offsets).toEqual([0, 64, 128]);
    expect(bytes).toBe(128 + 192);
    expect(sections['zeroPoints']!.length).toBe(3 * 2);
  });
});

describe('columnFormat', () => {
  it('has a scale for each output, and the inputs one after another', () => {
    const format = columnFormat(outputs, inputs);
    const packed = format.make({ outputs, inputs, values });
    const scales = new Float32Array(part(format, packed, 'scales').buffer);
    const numbers = new Int8Array(part(format, packed, 'values').buffer);
    const found = values.map((_, i) => {
      const [output, input] = [Math.floor(i / inputs), i % inputs];
      return scales[output]! * numbers[input * outputs + output]!;
    });
    expectClose(found, values, { absolute: Math.max(...scales) * 0.51 });
    expect(Math.max(...numbers.map(Math.abs))).toBe(127);
  });

  it('leaves an output of zeros at zero', () => {
    const format = columnFormat(1, 4);
    expect(format.make({ outputs: 1, inputs: 4, values: new Float32Array(4) })).toEqual(new Uint8Array(format.bytes));
  });
});
