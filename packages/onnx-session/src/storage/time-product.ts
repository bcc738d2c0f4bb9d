import { encodeModel, graph, input, parameter } from '@minigpt4/onnx-graph';
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { requireExactIntegers } from './exact-integers.js';
import { packedFormats } from './matrix-formats.js';
import { createEngine } from '../open-engine.js';
import { packedSource } from './packed-source.js';
import { formatOfStorage, type ColumnVariant } from './weight-storage.js';

/** Storages whose products {@link timeProduct} can time: those for inference. */
export type InferenceStorage = keyof typeof packedFormats | ColumnVariant;

/** What {@link timeProduct} times. */
export interface ProductShape {
  readonly outputs: number;
  readonly inputs: number;
  /** Numbers of rows to time the product for. */
  readonly rows: readonly number[];
  /** Threads inside one operation. Defaults to the number of physical cores. */
  readonly threads?: number;
}

/** Runs of each number of rows, of which the fastest counts. */
const runs = 3;

/**
 * Milliseconds that the product of some rows with a matrix of weights takes on this machine, for each number of rows.
 * The weights are made up and held in memory for as long as it takes.
 *
 * @throws `STORAGE_UNSUPPORTED` for whole numbers on a processor that multiplies them inexactly
 */
export async function timeProduct(
  storage: InferenceStorage,
  { outputs, inputs, rows, threads }: ProductShape,
): Promise<number[]> {
  if (storage.startsWith('int8 columns')) await requireExactIntegers();
  const x = input('x', 'float32', ['rows', inputs]);
  const y = x.fusedMatmul(parameter('weight', [outputs, inputs]), { transposeB: true });
  const weight = sourceOf(storage, outputs, inputs);
  const model = encodeModel(graph({ y }), new Map([['weight', weight]]));
  const engine = await createEngine(model, threads === undefined ? {} : { intraOpNumThreads: threads });
  try {
    const times: number[] = [];
    for (const count of rows) times.push(await fastest(engine, count, inputs));
    return times;
  } finally {
    await engine.release();
  }
}

/** Weights of no meaning: bytes of 0x55 throughout, and scales of 0.01. */
function sourceOf(storage: InferenceStorage, outputs: number, inputs: number) {
  const format = formatOfStorage(storage);
  const { bytes, sections } = packedFormats[format](outputs, inputs);
  const packed = new Uint8Array(bytes).fill(0x55);
  const scales = sections['scales']!;
  new Float32Array(packed.buffer, scales.offset, scales.length / 4).fill(0.01);
  const stored = { kind: 'memory', tensor: { dtype: 'uint8', shape: [bytes], data: packed } } as const;
  return packedSource(format, { storage, sections, stored });
}

async function fastest(engine: InferenceSession, rows: number, inputs: number): Promise<number> {
  const data = Float32Array.from({ length: rows * inputs }, (_, i) => Math.sin(i));
  const x = new Tensor('float32', data, [rows, inputs]);
  let least = Infinity;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await engine.run({ x });
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
