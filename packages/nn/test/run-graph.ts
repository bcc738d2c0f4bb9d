import { elementCount, hostTensor, random, type HostTensor, type Shape } from '@minigpt4/core';
import { encodeModel, graph, type Tensor } from '@minigpt4/onnx-graph';
import * as ort from 'onnxruntime-node';

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, HostTensor>>;

/** Runs the graph behind `output` once. Parameters have no file here, so they are fed by name like inputs. */
export async function run(output: Tensor, feeds: NamedTensors): Promise<HostTensor<'float32'>> {
  const session = await ort.InferenceSession.create(encodeModel(graph({ output })), { logSeverityLevel: 3 });
  try {
    const fed = session.inputNames.map(name => [name, toEngine(feeds[name]!)] as const);
    const { output: result } = await session.run(Object.fromEntries(fed));
    return hostTensor('float32', result!.dims, result!.data as Float32Array);
  } finally {
    await session.release();
  }
}

/** Normally distributed elements; another seed gives others. */
export function normal(shape: Shape, seed: number): HostTensor<'float32'> {
  const source = random(seed);
  return hostTensor(
    'float32',
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => source.normal()),
  );
}

/** An int64 tensor of the given elements. */
export function integers(shape: Shape, values: readonly number[]): HostTensor<'int64'> {
  return hostTensor('int64', shape, BigInt64Array.from(values, BigInt));
}

function toEngine({ dtype, data, shape }: HostTensor): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
}
