import type { DType, HostTensor } from '@minigpt4/core';

/** Raw little-endian bytes in a file. */
export interface FileSource {
  readonly kind: 'file';
  readonly dtype: DType;
  /** Path relative to the folder that the session is told. */
  readonly location: string;
  /** Bytes before the first element. */
  readonly offset: number;
  /** Bytes in all. */
  readonly length: number;
}

/** Elements in memory. */
export interface MemorySource {
  readonly kind: 'memory';
  readonly tensor: HostTensor;
}

/** A weight as it is stored. */
export type StoredSource = FileSource | MemorySource;

/**
 * A half-precision weight that stays so in memory: it is widened at each use and the wide copy is freed after it, where
 * other stored types are converted once, when the graph is loaded.
 */
export interface HalfSource {
  readonly kind: 'half';
  readonly stored: StoredSource;
}

/**
 * A matrix (outputs, inputs) of 8-bit whole numbers, or of 16-bit ones in two parts:
 * scale of the output · (first part + second part / 254). Its products are products of whole numbers; the other factor
 * is rounded to 16 bits, row by row, when the graph runs.
 */
export interface IntegerSource {
  readonly kind: 'integer';
  /** One or two parts, each int8 (outputs, inputs), and (inputs, outputs) for products the other way. */
  readonly parts: readonly { readonly rows: StoredSource; readonly columns: StoredSource }[];
  /** float32 (outputs). */
  readonly scales: StoredSource;
}

/**
 * A matrix (outputs, inputs) of 4-bit whole numbers in blocks along its rows, which is turned into floats at each use:
 * scale of the block · number + offset of the block.
 */
export interface Int4Source {
  readonly kind: 'int4';
  /** Elements of a block; they divide the inputs. */
  readonly blockSize: number;
  /** Two numbers from 0 to 15 a byte, the lower half first: uint8 (outputs · inputs / 2). */
  readonly values: StoredSource;
  /** float16 (outputs, blocks, 1). */
  readonly scales: StoredSource;
  /** float16 (outputs, blocks, 1). */
  readonly offsets: StoredSource;
}

/**
 * A matrix (outputs, inputs) of 4- or 8-bit whole numbers in blocks along its rows, which is multiplied as it is
 * (`MatMulNBits`): scale of the block · (number − zero point of the block). The other factor is rounded to 8 bits, block
 * by block, when the graph runs. For products x · Wᵀ of few rows.
 */
export interface BlockSource {
  readonly kind: 'blocks';
  readonly bits: 4 | 8;
  /** Elements of a block: 16, 32, 64, 128 or 256. The last block of a row is filled up where they do not divide the inputs. */
  readonly blockSize: number;
  /** uint8 (outputs, blocks, blockSize · bits / 8); two numbers a byte, the lower half first, where they have four bits. */
  readonly values: StoredSource;
  /** float32 (outputs, blocks). */
  readonly scales: StoredSource;
  /** uint8 (outputs, blocks · bits / 8 rounded up). Defaults to 8 for all blocks of four bits, 128 for those of eight. */
  readonly zeroPoints?: StoredSource;
}

/**
 * A matrix (outputs, inputs) of 8-bit whole numbers, transposed: scale of the output · number. For products x · Wᵀ of
 * many rows; the other factor is rounded to 8 bits, row by row, when the graph runs, or to 16 bits in two parts.
 */
export interface ColumnSource {
  readonly kind: 'columns';
  /** int8 (inputs, outputs). */
  readonly values: StoredSource;
  /** float32 (outputs). */
  readonly scales: StoredSource;
  /** Parts of eight bits that the other factor is rounded to. */
  readonly parts: 1 | 2;
  /** Whether two parts are multiplied at once: twice as fast for single rows, and slower for many. Defaults to false. */
  readonly together?: boolean;
}

/** Where an encoded graph finds a parameter. Quantized ones are for float32 matrices. */
export type WeightSource = StoredSource | HalfSource | IntegerSource | Int4Source | BlockSource | ColumnSource;
