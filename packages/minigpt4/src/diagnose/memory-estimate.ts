import { elementCount } from '@minigpt4/core';
import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import { productMatrices, type Graph } from '@minigpt4/onnx-graph';
import { expectedTensors } from '@minigpt4/onnx-session';
import { fine, trouble, type Finding } from './diagnosis.js';

/** What a model takes of memory, in bytes; estimates, without what the engine needs while it runs. */
export interface MemoryEstimate {
  readonly parameters: number;
  /** All weights in float32. */
  readonly float32: number;
  /** Matrices in int8 with a scale a row, the rest in float32. */
  readonly int8: number;
  /** Matrices in blocks of 32 int4 with a scale and an offset, the rest in float32. */
  readonly int4: number;
  /** Keys and values of one position, in float32. */
  readonly cachePerPosition: number;
  /** Keys and values of as many positions as the model knows. */
  readonly cacheWhole: number;
  /** What this process may still take. */
  readonly available: number;
}

/** Bytes of a matrix element with its share of scales. */
const perElement = { int8: 1, int4: 0.5 + 4 / 32 + 0.5 / 32 };

/** Adds up what the graphs' parameters need. */
export function estimateMemory(graphs: readonly Graph[], llm: LlamaConfig, available: number): MemoryEstimate {
  const sizes = new Map(graphs.flatMap(expectedTensors).map(({ name, shape }) => [name, elementCount(shape)]));
  const matrices = new Set(graphs.flatMap(graph => productMatrices(graph)));
  let [parameters, inMatrices] = [0, 0];
  for (const [name, size] of sizes) {
    parameters += size;
    if (matrices.has(name)) inMatrices += size;
  }
  const cachePerPosition = 2 * llm.layers * llm.kvHeads * llm.headSize * 4;
  const stored = (bytes: number) => Math.round(4 * (parameters - inMatrices) + bytes * inMatrices);
  return {
    parameters,
    float32: 4 * parameters,
    int8: stored(perElement.int8),
    int4: stored(perElement.int4),
    cachePerPosition,
    cacheWhole: cachePerPosition * llm.maxPositions,
    available,
  };
}

/** What Node says that this process may still take, limits of containers included. */
export function availableMemory(): number {
  return process.availableMemory();
}

/** Bytes as people read them. */
function readable(bytes: number): string {
  const [value, unit] = bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

/** Whether the model fits the memory, and how it does if not as float32. */
export function memoryFinding(estimate: MemoryEstimate): Finding {
  const { float32, int8, int4, cacheWhole, cachePerPosition, available } = estimate;
  const message =
    `weights ${readable(float32)} as float32, ${readable(int8)} as int8, ${readable(int4)} as int4; keys and values ${readable(cacheWhole)} ` +
    `(${Math.round(cachePerPosition / 1024)} KiB a position); ${readable(available)} free`;
  if (available >= float32 + cacheWhole) return fine('MEMORY', message);
  if (available >= int8 + cacheWhole) return trouble('warning', 'MEMORY', message, 'Load it with quantize int8.');
  if (available >= int4 + cacheWhole) return trouble('warning', 'MEMORY', message, 'Load it with quantize int4.');
  return trouble('failure', 'MEMORY', message, 'Free memory, or use a smaller model.');
}
