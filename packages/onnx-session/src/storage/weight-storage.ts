import type { Checkpoint } from '@minigpt4/checkpoint';
import type { DType, Shape } from '@minigpt4/core';
import { productMatrices, type Graph, type StoredSource, type WeightSource } from '@minigpt4/onnx-graph';
import { int4Block, packedFormats, type MatrixFormatName } from './matrix-formats.js';
import { packedSource } from './packed-source.js';
import { quantizedCopy } from './quantize-weights.js';

/**
 * How the matrices of a graph's products are held:
 *
 * - `as stored`: in the type the graph computes in; a file's other type is converted once, at load.
 * - `float16`: in half precision, widened at each use.
 * - `int16`, `int8`: in whole numbers with a scale for each output, and multiplied as such; the other factor is rounded
 *   to 16 bits, row by row. Several times faster than floats on processors with VNNI or AMX, at many rows a run.
 * - `int4`: in blocks of 32 with a scale and an offset each, turned into floats at each use; heads over a vocabulary, and
 *   matrices that blocks do not divide, as `int8`. The least memory, and exact for weights of GGUF's Q4_0 and Q4_1.
 *
 * What is converted at a use is freed right after it, so that these are for training and scoring, where a run has many
 * rows. For inference alone there are, in one copy that the engine multiplies as it is:
 *
 * - `int4 blocks`: in blocks of 32 with a scale and a zero point each; heads over a vocabulary as `int8 blocks`. The
 *   fastest for single rows.
 * - `int4 blocks of 64`, `int4 blocks of 128`: with fewer scales: a quarter or a third less memory, and less exact.
 * - `int8 blocks`: the same with 8 bits. Both round the other factor to 8 bits, block by block.
 * - `int8 columns`: with a scale for each output; the other factor is rounded to 16 bits, row by row. The fastest for
 *   many rows on processors with VNNI or AMX.
 * - `int8 columns, together`: the same with both halves of the 16 bits in one product: twice as fast for single rows,
 *   and slower for many.
 * - `int8 columns, rough`: the same with the other factor in 8 bits: faster still, and less exact.
 */
export type WeightStorage = 'as stored' | MatrixFormatName | ColumnVariant;

/** Storages that share the format `int8 columns`. */
export type ColumnVariant = 'int8 columns, together' | 'int8 columns, rough';

/** The matrices of a graph that are held otherwise than they are stored. */
export interface HeldMatrices {
  /** Those that come from `copy`, because the file has them otherwise. */
  readonly copied: ReadonlySet<string>;
  /** Undefined where nothing had to be copied. */
  readonly copy?: Checkpoint;
  /** Where the graph finds a parameter, told where tensors are stored: those of the checkpoint, and those of the copy. */
  readonly sourceOf: (name: string, stored: (name: string) => StoredSource) => WeightSource;
}

/** Options of {@link heldMatrices}. */
export interface HeldMatricesOptions {
  readonly storage: WeightStorage;
  /** Folder of copies. */
  readonly folder?: string;
  /** Is told how far a copy is. */
  readonly onProgress?: (message: string) => void;
  /** Matrices that have 8 bits where the storage has 4. */
  readonly inEightBits?: (name: string) => boolean;
}

/** Prepares matrices for a storage; the caller closes the copy. @throws the errors of `quantizedCopy` */
export async function heldMatrices(
  graph: Graph,
  checkpoint: Checkpoint,
  { storage, inEightBits, ...copying }: HeldMatricesOptions,
): Promise<HeldMatrices> {
  if (storage === 'as stored') return { copied: new Set(), sourceOf: (name, stored) => stored(name) };
  const infoOf = (name: string) => checkpoint.info(name)!;
  const format = formatOfStorage(storage);
  const formatOf = (name: string) => formatFor(format, infoOf(name).shape, inEightBits?.(name) === true);
  const formats = new Map(productMatrices(graph).map(name => [name, formatOf(name)]));
  const isAlready = (name: string) => storage === 'float16' && halves.has(infoOf(name).dtype);
  const copied = new Map([...formats].filter(([name]) => !isAlready(name)));
  const copy = copied.size === 0 ? undefined : await quantizedCopy(checkpoint, { formats: copied, ...copying });
  return {
    copied: new Set(copied.keys()),
    ...(copy && { copy }),
    sourceOf(name, stored) {
      const form = formats.get(name);
      if (form === undefined) return stored(name);
      const part = (key: string) => stored(copied.has(name) ? `${name}.${key}` : name);
      if (!isPacked(form)) return sourceIn(form, part);
      const [outputs, inputs] = infoOf(name).shape as [number, number];
      const { sections } = packedFormats[form](outputs, inputs);
      return packedSource(form, { storage, sections, stored: part('packed') });
    },
  };
}

/** The format that a storage's matrices are written in. */
export function formatOfStorage<Name extends MatrixFormatName>(storage: Name | ColumnVariant): Name | 'int8 columns' {
  return storage === 'int8 columns, together' || storage === 'int8 columns, rough' ? 'int8 columns' : storage;
}

/** Types that are half precision already. */
const halves: ReadonlySet<DType> = new Set<DType>(['float16', 'bfloat16']);

/** From how many outputs an input a matrix is taken for a head over a vocabulary, which needs more than four bits. */
const headRatio = 4;

function formatFor(storage: MatrixFormatName, shape: Shape, inEightBits: boolean): MatrixFormatName {
  if (!storage.startsWith('int4')) return storage;
  const [outputs, inputs] = shape as [number, number];
  const needsEight = inEightBits || outputs > headRatio * inputs;
  if (storage === 'int4') return needsEight || inputs % int4Block !== 0 ? 'int8' : 'int4';
  return needsEight ? 'int8 blocks' : storage;
}

type PackedName = keyof typeof packedFormats;

function isPacked(format: MatrixFormatName): format is PackedName {
  return Object.hasOwn(packedFormats, format);
}

function sourceIn(format: Exclude<MatrixFormatName, PackedName>, part: (name: string) => StoredSource): WeightSource {
  if (format === 'float16') return { kind: 'half', stored: part('half') };
  const scales = part('scales');
  if (format === 'int4') {
    return { kind: 'int4', blockSize: int4Block, values: part('values'), scales, offsets: part('offsets') };
  }
  const count = format === 'int16' ? 2 : 1;
  const parts = Array.from({ length: count }, (_, i) => ({ rows: part(`rows_${i}`), columns: part(`columns_${i}`) }));
  return { kind: 'integer', parts, scales };
}
