import type { SampleSource } from '../writers/write-records.js';
import { fingerprint } from './fingerprint.js';

/** Test samples that the training set gives away. */
export interface Leakage {
  /** Number of samples of the test set. */
  readonly tested: number;
  /** Test samples whose picture file, byte for byte, is also in the training set, each with the first training sample that has it. */
  readonly sameImage: readonly { readonly test: string; readonly train: string }[];
  /** Keys that both sets have. */
  readonly sameKey: readonly string[];
}

/** Compares two sets by picture bytes and by keys, reading each once. Memory: some 200 bytes for each training sample. */
export async function findLeakage(train: SampleSource, test: SampleSource): Promise<Leakage> {
  const keyOfImage = new Map<string, string>();
  const keys = new Set<string>();
  for await (const sample of train) {
    const { image } = fingerprint(sample);
    if (!keyOfImage.has(image)) keyOfImage.set(image, sample.key);
    keys.add(sample.key);
  }
  const sameImage: { test: string; train: string }[] = [];
  const sameKey: string[] = [];
  let tested = 0;
  for await (const sample of test) {
    const twin = keyOfImage.get(fingerprint(sample).image);
    if (twin !== undefined) sameImage.push({ test: sample.key, train: twin });
    if (keys.has(sample.key)) sameKey.push(sample.key);
    tested++;
  }
  return { tested, sameImage, sameKey };
}
