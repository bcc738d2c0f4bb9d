import { asFloat32, type HostTensor } from '@minigpt4/core';
import type { Tensor } from '../src/tensor.js';
import { float32, loadGraph, numbers, type NamedTensors } from './run-graph.js';

/** Step between the points; a power of two, so that grid values move exactly. */
const STEP = 1 / 32;

/** Weights of a five-point stencil: an error of the fourth order in the step. */
const STENCIL = [
  { at: -2, weight: 1 / 12 },
  { at: -1, weight: -8 / 12 },
  { at: 1, weight: 8 / 12 },
  { at: 2, weight: -1 / 12 },
];

/**
 * d ⟨seed, output⟩ / d feeds[name] for each name, element by element by finite differences. The sum over the output is
 * taken in double precision.
 */
export async function finiteDifferences(
  output: Tensor,
  { feeds, names, seed }: { feeds: NamedTensors; names: readonly string[]; seed: HostTensor },
): Promise<Record<string, number[]>> {
  const loaded = await loadGraph({ output });
  const weights = numbers(seed);
  const value = async (changed: NamedTensors) => {
    const results = numbers((await loaded.run(changed)).output!);
    return results.reduce((sum, element, i) => sum + element * weights[i]!, 0);
  };
  const slope = async (name: string, element: number) => {
    let sum = 0;
    for (const { at, weight } of STENCIL) {
      const { shape } = feeds[name]!;
      const data = Float32Array.from(asFloat32(feeds[name]!));
      data[element]! += at * STEP;
      sum += weight * (await value({ ...feeds, [name]: float32(shape, data) }));
    }
    return sum / STEP;
  };
  const slopes: Record<string, number[]> = {};
  for (const name of names) {
    slopes[name] = [];
    for (let element = 0; element < feeds[name]!.data.length; element++) slopes[name].push(await slope(name, element));
  }
  await loaded.release();
  return slopes;
}
