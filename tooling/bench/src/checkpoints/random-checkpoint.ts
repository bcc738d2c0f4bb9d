import { type ExpectedTensor, type PendingTensor, writeSafetensors } from '@minigpt4/checkpoint';
import { elementCount, float32ToFloat16, type HostTensor } from '@minigpt4/core';
import { Noise, type NoiseType } from './noise.js';

/** A tensor to be made up. */
export interface RandomTensor extends ExpectedTensor {
  readonly dtype: NoiseType;
  /** Noise, or ones as the scales of norms that have learned nothing. */
  readonly content: 'noise' | 'ones';
}

/** Options of {@link writeRandomCheckpoint}. */
export interface RandomCheckpointOptions {
  /** Defaults to float32. */
  readonly dtype?: NoiseType;
  /** What vectors hold: noise, or ones as the scales of norms that have learned nothing. Defaults to noise. */
  readonly vectors?: 'noise' | 'ones';
}

/** Writes a safetensors file with noise for every tensor, one at a time. */
export async function writeRandomCheckpoint(
  path: string,
  tensors: readonly ExpectedTensor[],
  { dtype = 'float32', vectors = 'noise' }: RandomCheckpointOptions = {},
): Promise<void> {
  const content = ({ shape }: ExpectedTensor) => (shape.length === 1 ? vectors : 'noise');
  const wanted = tensors.map(tensor => ({ ...tensor, dtype, content: content(tensor) }));
  await writeSafetensors(path, pendingTensors(wanted, new Noise()));
}

/** The tensors by name, each to be made in its turn. */
export function pendingTensors(tensors: readonly RandomTensor[], noise: Noise): Record<string, PendingTensor> {
  return Object.fromEntries(
    tensors.map(({ name, shape, dtype, content }) => {
      const count = elementCount(shape);
      const make = content === 'noise' ? noise.next(dtype, count) : () => ones(dtype, count);
      return [name, { dtype, shape, data: async () => make() }];
    }),
  );
}

/** The tensors by name, of which the larger ones share their memory. */
export async function madeTensors(tensors: readonly RandomTensor[], noise: Noise): Promise<Record<string, HostTensor>> {
  const made: Record<string, HostTensor> = {};
  for (const [name, { data, ...tensor }] of Object.entries(pendingTensors(tensors, noise))) {
    made[name] = { ...tensor, data: await data() };
  }
  return made;
}

function ones(dtype: NoiseType, count: number): Float32Array | Uint16Array {
  const values = new Float32Array(count).fill(1);
  return dtype === 'float32' ? values : float32ToFloat16(values);
}
