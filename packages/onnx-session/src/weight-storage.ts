import type { Checkpoint } from '@minigpt4/checkpoint';
import type { DType, Shape } from '@minigpt4/core';
import { productMatrices, type Graph, type StoredSource, type WeightSource } from '@minigpt4/onnx-graph';
import { int4Block, type MatrixFormatName } from './matrix-formats.js';
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
 * rows.
 */
export type WeightStorage = 'as stored' | MatrixFormatName;

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
}

/** Prepares matrices for a storage; the caller closes the copy. @throws the errors of `quantizedCopy` */
export async function heldMatrices(
  graph: Graph,
  checkpoint: Checkpoint,
  { storage, folder }: HeldMatricesOptions,
): Promise<HeldMatrices> {
  if (storage === 'as stored') return { copied: new Set(), sourceOf: (name, stored) => stored(name) };
  const infoOf = (name: string) => checkpoint.info(name)!;
  const formats = new Map(productMatrices(graph).map(name => [name, formatFor(storage, infoOf(name).shape)]));
  const isAlready = (name: string) => storage === 'float16' && halves.has(infoOf(name).dtype);
  const copied = new Map([...formats].filter(([name]) => !isAlready(name)));
  const options = { formats: copied, ...(folder === undefined ? {} : { folder }) };
  const copy = copied.size === 0 ? undefined : await quantizedCopy(checkpoint, options);
  return {
    copied: new Set(copied.keys()),
    ...(copy && { copy }),
    sourceOf(name, stored) {
      const format = formats.get(name);
      if (format === undefined) return stored(name);
      return sourceIn(format, part => stored(copied.has(name) ? `${name}.${part}` : name));
    },
  };
}

/** Types that are half precision already. */
const halves: ReadonlySet<DType> = new Set<DType>(['float16', 'bfloat16']);

/** From how many outputs an input a matrix is taken for a head over a vocabulary, which needs more than four bits. */
const headRatio = 4;

function formatFor(storage: MatrixFormatName, shape: Shape): MatrixFormatName {
  const [outputs, inputs] = shape as [number, number];
  if (storage !== 'int4') return storage;
  return outputs > headRatio * inputs || inputs % int4Block !== 0 ? 'int8' : 'int4';
}

function sourceIn(format: MatrixFormatName, part: (name: string) => StoredSource): WeightSource {
  if (format === 'float16') return { kind: 'half', stored: part('half') };
  const scales = part('scales');
  if (format === 'int4') {
    return { kind: 'int4', blockSize: int4Block, values: part('values'), scales, offsets: part('offsets') };
  }
  const count = format === 'int16' ? 2 : 1;
  const parts = Array.from({ length: count }, (_, i) => ({ rows: part(`rows_${i}`), columns: part(`columns_${i}`) }));
  return { kind: 'integer', parts, scales };
}
