import { float16ToFloat32, float32ToFloat16, type DType, type HostTensor, type Shape } from '@minigpt4/core';
import { blockFormat, columnFormat, type PackedFormat } from './packed-formats.js';

/** A matrix (outputs, inputs) in row-major order. */
export interface Matrix {
  readonly outputs: number;
  readonly inputs: number;
  readonly values: Float32Array;
}

/** One of the tensors that a matrix is written as. */
export interface FormatPart {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly make: (matrix: Matrix) => HostTensor['data'];
}

/** How matrices are written: the parts of one of a given size, by the ending of their names. */
export type MatrixFormat = (outputs: number, inputs: number) => Readonly<Record<string, FormatPart>>;

/** Weights to a block of 4-bit numbers. */
export const int4Block = 32;

/** What one step of each output's whole numbers stands for: its largest weight is 127 steps. */
function rowScales({ outputs, inputs, values }: Matrix): Float32Array {
  return Float32Array.from({ length: outputs }, (_, output) => {
    let largest = 0;
    for (let i = output * inputs; i < (output + 1) * inputs; i++) largest = Math.max(largest, Math.abs(values[i]!));
    return largest / 127;
  });
}

/** Part `part` of each weight counted in steps: whole steps, then 1/254 of a step of what is left. */
function integers(matrix: Matrix, part: 0 | 1): Int8Array {
  const { outputs, inputs, values } = matrix;
  const scales = rowScales(matrix);
  const out = new Int8Array(values.length);
  for (let output = 0; output < outputs; output++) {
    const perStep = scales[output]! > 0 ? 1 / scales[output]! : 0;
    for (let i = output * inputs; i < (output + 1) * inputs; i++) {
      const steps = values[i]! * perStep;
      const whole = Math.round(steps);
      out[i] = part === 0 ? whole : Math.round((steps - whole) * 254);
    }
  }
  return out;
}

/** Side of the squares that are transposed one by one, so that both sides stay in the processor's cache. */
const tile = 64;

/** (rows, columns) to (columns, rows). */
function transposed(values: Int8Array, rows: number, columns: number): Int8Array {
  const out = new Int8Array(values.length);
  for (let top = 0; top < rows; top += tile) {
    for (let left = 0; left < columns; left += tile) {
      for (let row = top; row < Math.min(top + tile, rows); row++) {
        for (let column = left; column < Math.min(left + tile, columns); column++) {
          out[column * rows + row] = values[row * columns + column]!;
        }
      }
    }
  }
  return out;
}

function integerFormat(count: 1 | 2): MatrixFormat {
  return (outputs, inputs) => {
    const parts: Record<string, FormatPart> = {
      scales: { dtype: 'float32', shape: [outputs], make: rowScales },
    };
    for (const part of [0, 1] as const) {
      if (part === count) break;
      parts[`rows_${part}`] = { dtype: 'int8', shape: [outputs, inputs], make: matrix => integers(matrix, part) };
      parts[`columns_${part}`] = {
        dtype: 'int8',
        shape: [inputs, outputs],
        make: matrix => transposed(integers(matrix, part), outputs, inputs),
      };
    }
    return parts;
  };
}

/** Of each block, the size of a step and the least weight, in half precision: 16 numbers reach from its least to its most. */
function blockGrid({ values }: Matrix): { scales: Uint16Array; offsets: Uint16Array } {
  const count = values.length / int4Block;
  const scales = new Float32Array(count);
  const offsets = new Float32Array(count);
  for (let block = 0; block < count; block++) {
    let [least, most] = [Infinity, -Infinity];
    for (let i = block * int4Block; i < (block + 1) * int4Block; i++) {
      least = Math.min(least, values[i]!);
      most = Math.max(most, values[i]!);
    }
    scales[block] = (most - least) / 15;
    offsets[block] = least;
  }
  return { scales: float32ToFloat16(scales), offsets: float32ToFloat16(offsets) };
}

function int4Values(matrix: Matrix): Uint8Array {
  const { values } = matrix;
  const grid = blockGrid(matrix);
  const [scales, offsets] = [float16ToFloat32(grid.scales), float16ToFloat32(grid.offsets)];
  const packed = new Uint8Array(values.length / 2);
  for (let i = 0; i < values.length; i++) {
    const block = Math.floor(i / int4Block);
    const steps = scales[block]! > 0 ? Math.round((values[i]! - offsets[block]!) / scales[block]!) : 0;
    packed[i >> 1]! |= Math.min(Math.max(steps, 0), 15) << (4 * (i & 1));
  }
  return packed;
}

const int4Format: MatrixFormat = (outputs, inputs) => {
  const shape = [outputs, inputs / int4Block, 1];
  return {
    scales: { dtype: 'float16', shape, make: matrix => blockGrid(matrix).scales },
    offsets: { dtype: 'float16', shape, make: matrix => blockGrid(matrix).offsets },
    values: { dtype: 'uint8', shape: [(outputs * inputs) / 2], make: int4Values },
  };
};

const float16Format: MatrixFormat = (outputs, inputs) => ({
  half: { dtype: 'float16', shape: [outputs, inputs], make: ({ values }) => float32ToFloat16(values) },
});

/** Bits of the numbers and weights to a block, of the formats in blocks. */
export const blockFormats = {
  'int4 blocks': { bits: 4, blockSize: 32 },
  'int4 blocks of 64': { bits: 4, blockSize: 64 },
  'int4 blocks of 128': { bits: 4, blockSize: 128 },
  'int8 blocks': { bits: 8, blockSize: 32 },
} as const;

/** Name of a format in blocks. */
export type BlockFormatName = keyof typeof blockFormats;

function blocks(name: BlockFormatName): (outputs: number, inputs: number) => PackedFormat {
  const { bits, blockSize } = blockFormats[name];
  return blockFormat(bits, blockSize);
}

/** The formats whose parts are made at once, by name. */
export const packedFormats = {
  'int4 blocks': blocks('int4 blocks'),
  'int4 blocks of 64': blocks('int4 blocks of 64'),
  'int4 blocks of 128': blocks('int4 blocks of 128'),
  'int8 blocks': blocks('int8 blocks'),
  'int8 columns': columnFormat,
} satisfies Record<string, (outputs: number, inputs: number) => PackedFormat>;

function inOne(name: keyof typeof packedFormats): MatrixFormat {
  return (outputs, inputs) => {
    const { bytes, make } = packedFormats[name](outputs, inputs);
    return { packed: { dtype: 'uint8', shape: [bytes], make } };
  };
}

/**
 * The formats by name. 8- and 16-bit numbers have a scale for each output, 4-bit ones, and
 * the 8-bit ones of `int8 blocks`, for each block of 32 inputs or as many as the name says.
 */
export const matrixFormats = {
  float16: float16Format,
  int16: integerFormat(2),
  int8: integerFormat(1),
  int4: int4Format,
  'int4 blocks': inOne('int4 blocks'),
  'int4 blocks of 64': inOne('int4 blocks of 64'),
  'int4 blocks of 128': inOne('int4 blocks of 128'),
  'int8 blocks': inOne('int8 blocks'),
  'int8 columns': inOne('int8 columns'),
} satisfies Record<string, MatrixFormat>;

/** Name of a format. */
export type MatrixFormatName = keyof typeof matrixFormats;
