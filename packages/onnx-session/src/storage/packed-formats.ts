import type { DType } from '@minigpt4/core';
import type { Matrix } from './matrix-formats.js';

/** Where a part of a packed matrix lies in it. */
export interface PackedSection {
  readonly dtype: DType;
  /** Bytes from the start of the matrix. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** How a matrix of a given size is written as one run of bytes, so that all of its parts are made at once. */
export interface PackedFormat {
  readonly bytes: number;
  readonly sections: Readonly<Record<string, PackedSection>>;
  readonly make: (matrix: Matrix) => Uint8Array;
}

/** Weights to a block. */
export type BlockSize = 32 | 64 | 128;

/** Sections begin at multiples of this many bytes. */
const alignment = 64;

/** Lays out sections one after another; `fill` writes into the bytes of a fresh matrix. */
function packedFormat(
  sizes: Readonly<Record<string, readonly [dtype: DType, bytes: number]>>,
  fill: (matrix: Matrix, bytesOf: (section: string) => Uint8Array) => void,
): PackedFormat {
  let bytes = 0;
  const sections: Record<string, PackedSection> = {};
  for (const [name, [dtype, length]] of Object.entries(sizes)) {
    sections[name] = { dtype, offset: bytes, length };
    bytes = Math.ceil((bytes + length) / alignment) * alignment;
  }
  const make = (matrix: Matrix) => {
    const packed = new Uint8Array(bytes);
    fill(matrix, name => packed.subarray(sections[name]!.offset, sections[name]!.offset + sections[name]!.length));
    return packed;
  };
  return { bytes, sections, make };
}

function floats({ buffer, byteOffset, length }: Uint8Array): Float32Array {
  return new Float32Array(buffer, byteOffset, length / 4);
}

/** Whole numbers 0 … top of a block, of which `zeroPoint` stands for 0: scale · (number − zeroPoint). */
interface BlockGrid {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** How much of a block's range its numbers span when the best grid is looked for. */
const spans = [1, 0.9];

/** The grid of 4-bit numbers that is nearest to the weights start … end in the mean square, of four that are tried. */
function bestGrid(values: Float32Array, start: number, end: number): BlockGrid {
  const { least, most } = range(values, start, end);
  let best = { scale: 0, zeroPoint: 8, explained: 0 };
  for (const span of spans) {
    const perStep = 15 / (span * (most - least));
    const exact = -least * perStep * span;
    for (const zeroPoint of [Math.floor(exact), Math.ceil(exact)]) {
      let products = 0;
      let squares = 0;
      for (let i = start; i < end; i++) {
        const weight = values[i]!;
        // cut off at 0, which for numbers from 0 on is rounding down
        const number = (weight * perStep + zeroPoint + 0.5) | 0;
        const steps = (number < 0 ? 0 : number > 15 ? 15 : number) - zeroPoint;
        products += weight * steps;
        squares += steps * steps;
      }
      // with the best scale for these numbers, products / squares, this much of the sum of squares is theirs
      const explained = squares > 0 ? products ** 2 / squares : 0;
      if (explained > best.explained) best = { scale: products / squares, zeroPoint, explained };
    }
  }
  return best;
}

/** The grid of 8-bit numbers from the least weight to the most. */
function wholeGrid(values: Float32Array, start: number, end: number): BlockGrid {
  const { least, most } = range(values, start, end);
  const scale = (most - least) / 255;
  return { scale, zeroPoint: scale > 0 ? Math.round(-least / scale) : 128 };
}

/** Least and most of some weights and of 0, which every grid has. */
function range(values: Float32Array, start: number, end: number): { least: number; most: number } {
  let least = 0;
  let most = 0;
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most };
}

/** Blocks along the inputs, each with a scale and a zero point: the layout of `MatMulNBits`. */
export function blockFormat(bits: 4 | 8, blockSize: BlockSize): (outputs: number, inputs: number) => PackedFormat {
  const grid = bits === 4 ? bestGrid : wholeGrid;
  return (outputs, inputs) => {
    const blocks = Math.ceil(inputs / blockSize);
    const sizes = {
      scales: ['float32', 4 * outputs * blocks],
      zeroPoints: ['uint8', outputs * Math.ceil((blocks * bits) / 8)],
      values: ['uint8', (outputs * blocks * blockSize * bits) / 8],
    } as const;
    return packedFormat(sizes, ({ values }, bytesOf) => {
      const scales = floats(bytesOf('scales'));
      const [zeroPoints, numbers] = [bytesOf('zeroPoints'), bytesOf('values')];
      const zeroPointRow = bits === 4 ? 2 * Math.ceil(blocks / 2) : blocks;
      const round = bits === 4 ? roundTo4 : roundTo8;
      for (let at = 0; at < outputs * blocks; at++) {
        const [output, block] = [Math.floor(at / blocks), at % blocks];
        const start = output * inputs + block * blockSize;
        const end = Math.min(start + blockSize, (output + 1) * inputs);
        const { scale, zeroPoint } = grid(values, start, end);
        scales[at] = scale;
        round({ values, start, end }, { scale, zeroPoint }, numbers.subarray((at * blockSize * bits) / 8));
        if (bits === 8) zeroPoints[output * zeroPointRow + block] = zeroPoint;
        else putHalf(zeroPoints, output * zeroPointRow + block, zeroPoint);
      }
    });
  };
}

/** Some of a matrix's weights. */
interface WeightRange {
  readonly values: Float32Array;
  readonly start: number;
  readonly end: number;
}

function roundTo8({ values, start, end }: WeightRange, { scale, zeroPoint }: BlockGrid, out: Uint8Array): void {
  const perStep = scale > 0 ? 1 / scale : 0;
  for (let i = start; i < end; i++) {
    const number = Math.floor(values[i]! * perStep + zeroPoint + 0.5);
    out[i - start] = number < 0 ? 0 : number > 255 ? 255 : number;
  }
}

function roundTo4({ values, start, end }: WeightRange, { scale, zeroPoint }: BlockGrid, out: Uint8Array): void {
  const perStep = scale > 0 ? 1 / scale : 0;
  for (let i = start; i < end; i++) {
    const number = Math.floor(values[i]! * perStep + zeroPoint + 0.5);
    putHalf(out, i - start, number < 0 ? 0 : number > 15 ? 15 : number);
  }
}

/** Writes a 4-bit number over a zero, the lower half of a byte first. */
function putHalf(bytes: Uint8Array, i: number, number: number): void {
  bytes[i >> 1]! |= number << (4 * (i & 1));
}

/** int8 (inputs, outputs), each output with a scale. */
export function columnFormat(outputs: number, inputs: number): PackedFormat {
  const sizes = { scales: ['float32', 4 * outputs], values: ['int8', outputs * inputs] } as const;
  return packedFormat(sizes, ({ values }, bytesOf) => {
    const scales = floats(bytesOf('scales'));
    const numbers = new Int8Array(bytesOf('values').buffer, bytesOf('values').byteOffset, outputs * inputs);
    for (let output = 0; output < outputs; output++) {
      const row = values.subarray(output * inputs, (output + 1) * inputs);
      const largest = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
      scales[output] = largest / 127;
    }
    transposeRounded(values, { outputs, inputs, scales, numbers });
  });
}

/** Side of the squares that are transposed one by one, so that both sides stay in the processor's cache. */
const tile = 64;

function transposeRounded(
  values: Float32Array,
  { outputs, inputs, scales, numbers }: { outputs: number; inputs: number; scales: Float32Array; numbers: Int8Array },
): void {
  const perStep = scales.map(scale => (scale > 0 ? 1 / scale : 0));
  for (let top = 0; top < outputs; top += tile) {
    for (let left = 0; left < inputs; left += tile) {
      for (let output = top; output < Math.min(top + tile, outputs); output++) {
        for (let i = left; i < Math.min(left + tile, inputs); i++) {
          numbers[i * outputs + output] = Math.round(values[output * inputs + i]! * perStep[output]!);
        }
      }
    }
  }
}
