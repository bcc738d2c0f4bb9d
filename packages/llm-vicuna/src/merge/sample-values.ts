import { createHash } from 'node:crypto';
import { asFloat32 } from '@minigpt4/core';
import { mergeError } from './merge-error.js';
import type { MergeInputs } from './merge-inputs.js';

/** Rows that are looked at in each tensor, spread evenly. */
const rowsPerTensor = 3;

/** Above this a "delta" points the way its base does: it is the model itself. Differences are next to uncorrelated. */
const mostCosine = 0.5;

/** Above this a "delta" is as large as its base. Fine-tuning moved Vicuna's weights by some percent. */
const mostRelativeSize = 0.9;

/**
 * Looks at some rows of every tensor on both sides: that the delta holds differences of weights and not weights.
 * What cannot be told by looking: a base of the right shapes and a configuration that says LLaMA, with other values.
 *
 * @returns a fingerprint of both sides, sha256 in hexadecimal, equal for equal files wherever they lie
 * @throws `MERGE_DELTA` for whole weights, or nothing but zeros
 */
export async function sampleValues({ base, delta, tensors }: MergeInputs): Promise<string> {
  const hash = createHash('sha256');
  const sums = { base: 0, delta: 0, product: 0 };
  for (const { name, shape, baseRows } of tensors) {
    const dtypes = [base, delta].map(({ weights }) => weights.info(name)!.dtype);
    hash.update(JSON.stringify([name, shape, baseRows, dtypes]));
    const isVector = shape.length === 1;
    for (let i = 0; i < (isVector ? 1 : rowsPerTensor); i++) {
      const start = Math.floor((i * (baseRows - 1)) / Math.max(1, rowsPerTensor - 1));
      const rows: [start: number, count: number] = isVector ? [0, baseRows] : [start, 1];
      const [from, to] = [await base.weights.readRows(name, ...rows), await delta.weights.readRows(name, ...rows)];
      for (const { data } of [from, to]) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      if (!isVector) accumulate(sums, asFloat32(from), asFloat32(to));
    }
  }
  checkSums(sums, delta.directory);
  return hash.digest('hex');
}

interface Sums {
  base: number;
  delta: number;
  product: number;
}

function accumulate(sums: Sums, base: Float32Array, delta: Float32Array): void {
  for (let i = 0; i < base.length; i++) {
    sums.base += base[i]! ** 2;
    sums.delta += delta[i]! ** 2;
    sums.product += base[i]! * delta[i]!;
  }
}

function checkSums({ base, delta, product }: Sums, directory: string): void {
  const fail = (got: string) =>
    mergeError(
      'MERGE_DELTA',
      directory,
      `no delta, expected small differences from the base, got ${got}. Use the delta, not the merged model: that one needs no merge.`,
    );
  if (delta === 0) throw fail('zeros');
  const [cosine, size] = [product / Math.sqrt(base * delta), Math.sqrt(delta / base)];
  if (cosine > mostCosine) throw fail(`whole weights (cosine ${cosine.toFixed(2)} with the base's)`);
  if (size > mostRelativeSize) throw fail(`values of ${size.toFixed(2)} times the base's size`);
}
