import { hostTensor, type HostTensor } from '@minigpt4/core';
import * as ort from 'onnxruntime-node';
import { encodeModel } from '../src/encode/encode-model.js';
import type { WeightSource } from '../src/encode/weight-source.js';
import { graph } from '../src/graph.js';
import type { Tensor } from '../src/tensor.js';

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, HostTensor>>;

/** A graph loaded into the engine. */
export interface LoadedGraph {
  run(feeds: NamedTensors): Promise<Record<string, HostTensor>>;
  release(): Promise<void>;
}

/** Weights of a graph, and the folder that their files' locations are relative to. */
export interface GraphWeights {
  readonly sources: ReadonlyMap<string, WeightSource>;
  readonly folder?: string;
}

/** Loads the graph behind named outputs; parameters without a source are fed at each run. */
export async function loadGraph(
  outputs: Readonly<Record<string, Tensor>>,
  weights?: GraphWeights,
): Promise<LoadedGraph> {
  const bytes = encodeModel(graph(outputs), weights?.sources);
  const folder = weights?.folder;
  const session = await ort.InferenceSession.create(bytes, {
    logSeverityLevel: 3,
    intraOpNumThreads: 2,
    ...(folder === undefined ? {} : { extra: { session: { model_external_initializers_file_folder_path: folder } } }),
  });
  return {
    async run(feeds) {
      const fed = session.inputNames.map(name => [name, toEngine(feeds[name]!)] as const);
      const results = await session.run(Object.fromEntries(fed));
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromEngine(tensor)]));
    },
    release: () => session.release(),
  };
}

/** Runs the graph behind named outputs once. */
export async function runGraph(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: NamedTensors = {},
): Promise<Record<string, HostTensor>> {
  const loaded = await loadGraph(outputs);
  try {
    return await loaded.run(feeds);
  } finally {
    await loaded.release();
  }
}

/** Elements of any type as numbers. */
export function numbers({ data }: HostTensor): number[] {
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

/** A float32 tensor of the given elements. */
export function float32(shape: readonly number[], values: Iterable<number>): HostTensor {
  return hostTensor('float32', shape, Float32Array.from(values));
}

/** An int64 tensor of the given elements. */
export function integers(shape: readonly number[], values: readonly number[]): HostTensor {
  return hostTensor('int64', shape, BigInt64Array.from(values, BigInt));
}

function toEngine({ dtype, data, shape }: HostTensor): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
}

function fromEngine({ type, dims, data }: ort.Tensor): HostTensor {
  return { dtype: type as 'float32', shape: dims, data: data as Float32Array };
}
