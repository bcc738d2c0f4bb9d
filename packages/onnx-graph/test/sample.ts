import { allocate, elementCount, hostTensor, random, type DType, type HostTensor, type Random } from '@minigpt4/core';
import { input, type Tensor } from '../src/index.js';
import type { SymbolicShape } from '../src/dims.js';

/** Sizes that names in shapes stand for in one round of a test. */
export type Sizes = Readonly<Record<string, number>>;

/** How to make an input of a test: its type, its shape, and random elements. */
export interface Sample {
  readonly dtype: DType;
  readonly shape: SymbolicShape;
  draw(source: Random, count: number): number[];
}

/** Numbers from a fine grid, so that the steps of finite differences change them exactly. */
const onGrid = (value: number) => Math.round(value * 1024) / 1024;

function sample(dtype: DType, shape: SymbolicShape, one: (source: Random) => number): Sample {
  return { dtype, shape, draw: (source, count) => Array.from({ length: count }, () => one(source)) };
}

/** Normally distributed, within three deviations. */
export function normal(...shape: SymbolicShape): Sample {
  return sample('float32', shape, source => onGrid(Math.max(-3, Math.min(3, source.normal()))));
}

/** Between ½ and 2. */
export function positive(...shape: SymbolicShape): Sample {
  return sample('float32', shape, source => onGrid(0.5 + 1.5 * source.uniform()));
}

/** Of both signs, at least ¼ from zero and from each other: away from the kinks of relu and maximum. */
export function spread(...shape: SymbolicShape): Sample {
  const draw = (source: Random, count: number) =>
    source.permutation(count).map(i => 0.25 * (i - count / 2 + (2 * i < count ? -1 : 1)));
  return { dtype: 'float32', shape, draw };
}

/** Integers from 0 to below `bound`. */
export function indices(bound: number, ...shape: SymbolicShape): Sample {
  return sample('int64', shape, source => source.integer(bound));
}

/** True or false. */
export function truths(...shape: SymbolicShape): Sample {
  return sample('bool', shape, source => source.integer(2));
}

/** The graph inputs for samples, named `x0`, `x1`, …. */
export function sampleInputs(samples: readonly Sample[]): Tensor[] {
  return samples.map(({ dtype, shape }, i) => input(`x${i}`, dtype, shape));
}

/** Elements for samples under the names of {@link sampleInputs}. */
export function drawSamples(samples: readonly Sample[], sizes: Sizes, seed = 1): Record<string, HostTensor> {
  const source = random(seed);
  const drawn = samples.map(({ dtype, shape, draw }, i) => {
    const fixed = resolveShape(shape, sizes);
    return [`x${i}`, filled(dtype, fixed, draw(source, elementCount(fixed)))] as const;
  });
  return Object.fromEntries(drawn);
}

/** A host tensor of any type holding `values`. */
export function filled(dtype: DType, shape: readonly number[], values: readonly number[]): HostTensor {
  const data = allocate(dtype, values.length);
  values.forEach((value, i) => {
    data[i] = dtype === 'int64' ? BigInt(value) : value;
  });
  return hostTensor(dtype, shape, data);
}

/** A symbolic shape with its names replaced, sums and products worked out. */
export function resolveShape(shape: SymbolicShape, sizes: Sizes): number[] {
  const product = (term: string) => term.split('*').reduce((all, factor) => all * (sizes[factor] ?? Number(factor)), 1);
  return shape.map(size =>
    typeof size === 'number' ? size : size.split('+').reduce((sum, term) => sum + product(term), 0),
  );
}
