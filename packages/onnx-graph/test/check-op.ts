import { random, rowMajorStrides, type HostTensor } from '@minigpt4/core';
import { expectClose } from '@minigpt4/testing';
import { expect, it } from 'vitest';
import { gradients } from '../src/gradient.js';
import { graph, input, type Tensor } from '../src/index.js';
import { finiteDifferences } from './finite-differences.js';
import { numbers, runGraph, type NamedTensors } from './run-graph.js';
import { drawSamples, filled, resolveShape, sampleInputs, type Sample, type Sizes } from './sample.js';

/** Reads an element as numpy would after broadcasting: leading indices too many are dropped, axes of size 1 repeat. */
export interface Read {
  (...index: number[]): number;
  readonly shape: readonly number[];
}

/** One element of the expected result, from its index and the inputs. */
export type Reference = (index: number[], ...inputs: Read[]) => number;

/** Sizes of the names used in shapes. Every test with such a name runs for each of these. */
export const rounds: readonly Sizes[] = [
  { batch: 2, tokens: 3, past: 1, rows: 4 },
  { batch: 3, tokens: 2, past: 4, rows: 1 },
];

/** Ops of the table that some line has tested. */
export const testedOps = new Set<string>();

/**
 * A test of one op: `op(name, samples, build).is(reference)`. Forward: the type, the shape and every element against
 * `reference`. Gradient: at every floating-point input against finite differences.
 */
export function op(name: string, samples: readonly Sample[], build: (...inputs: Tensor[]) => Tensor) {
  const output = build(...sampleInputs(samples));
  for (const node of graph({ output }).nodes) testedOps.add(node.op);
  const isSymbolic = samples.some(({ shape }) => shape.some(size => typeof size === 'string'));
  const is = (reference: Reference) => {
    it.each(isSymbolic ? rounds : rounds.slice(0, 1))(`${name} %o`, async sizes => {
      const feeds = drawSamples(samples, sizes);
      await checkForward(output, { feeds, sizes, reference });
      if (output.dtype === 'float32') await checkGradients(output, sampleInputs(samples), { feeds, sizes });
    });
  };
  return { is };
}

async function checkForward(
  output: Tensor,
  { feeds, sizes, reference }: { feeds: NamedTensors; sizes: Sizes; reference: Reference },
): Promise<void> {
  const { result } = await runGraph({ result: output }, feeds);
  expect(result!.dtype).toBe(output.dtype);
  expect(result!.shape).toEqual(resolveShape(output.shape, sizes));
  const reads = Object.values(feeds).map(reader);
  const expected = indicesOf(result!.shape).map(index => reference(index, ...reads));
  expectClose(numbers(result!), expected, { absolute: 1e-6, relative: 1e-3 });
}

/** Fails unless the gradients of `output` at the floating-point `inputs` equal finite differences. */
export async function checkGradients(
  output: Tensor,
  inputs: readonly Tensor[],
  { feeds, sizes }: { feeds: NamedTensors; sizes: Sizes },
): Promise<void> {
  const wanted = inputs.filter(({ dtype }) => dtype === 'float32');
  const found = gradients(output, wanted, { seed: input('seed', 'float32', output.shape) });
  const names = wanted.map(({ source }) => (source as { name: string }).name);
  const source = random(2);
  const shape = resolveShape(output.shape, sizes);
  const seed = filled(
    'float32',
    shape,
    indicesOf(shape).map(() => source.normal()),
  );

  const analytic = await runGraph(Object.fromEntries(found.map((tensor, i) => [`d ${names[i]}`, tensor])), {
    ...feeds,
    seed,
  });
  const numeric = await finiteDifferences(output, { feeds, names, seed });
  for (const name of names) {
    const gradient = analytic[`d ${name}`]!;
    expect(gradient.shape, name).toEqual(feeds[name]!.shape);
    expectClose(numbers(gradient), numeric[name]!, { absolute: 1e-4, relative: 1e-3 });
  }
}

function reader(tensor: HostTensor): Read {
  const { shape } = tensor;
  const values = numbers(tensor);
  const strides = rowMajorStrides(shape);
  const read = (...index: number[]) => {
    const own = index.slice(index.length - shape.length);
    return values[own.reduce((offset, i, axis) => offset + (shape[axis] === 1 ? 0 : i * strides[axis]!), 0)]!;
  };
  return Object.assign(read, { shape });
}

/** Every index of a shape, in row-major order. */
export function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap(index => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}
