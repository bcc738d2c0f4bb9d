import { elementCount, hostTensor, random, type HostTensor, type Shape } from '@minigpt4/core';

/**
 * Normally distributed float32 tensors for a model's list of parameters, by name; deviation 0.3, small enough that no
 * layer saturates. The same list and seed (by default 1) give the same numbers.
 */
export function randomTensors(
  wanted: readonly { readonly name: string; readonly shape: Shape }[],
  seed = 1,
): Record<string, HostTensor<'float32'>> {
  const source = random(seed);
  const draw = (shape: Shape) => Float32Array.from({ length: elementCount(shape) }, () => 0.3 * source.normal());
  return Object.fromEntries(wanted.map(({ name, shape }) => [name, hostTensor('float32', shape, draw(shape))]));
}
