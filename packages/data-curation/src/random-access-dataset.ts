import { MiniGPT4Error } from '@minigpt4/core';
import type { DatasetFormat, ImageTextDataset, ImageTextSample } from './image-text-sample.js';
import type { SkipLog } from './skip-report.js';

/** A set whose samples can be read one by one. */
export interface RandomAccessSource {
  readonly format: DatasetFormat;
  readonly length: number;
  readonly skips: SkipLog;
  /** Reads one sample, or throws the error that says why it is broken. */
  read(index: number): Promise<ImageTextSample>;
}

/**
 * Makes sure that a position lies in a set.
 *
 * @throws `INDEX_OUT_OF_RANGE`.
 */
export function checkPosition(format: DatasetFormat, index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new MiniGPT4Error(
    'INDEX_OUT_OF_RANGE',
    `${format} data set: expected a position from 0 to ${length - 1}, got ${index}. Use positions below its length.`,
  );
}

/** The data set over a source: checks positions, counts what is broken. */
export function randomAccessDataset({ format, length, skips, read }: RandomAccessSource): Required<ImageTextDataset> {
  async function at(index: number): Promise<ImageTextSample | undefined> {
    checkPosition(format, index, length);
    try {
      return await read(index);
    } catch (error) {
      skips.add(error);
      return undefined;
    }
  }

  async function* samples({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ImageTextSample> {
    for (let index = 0; index < length; index++) {
      signal?.throwIfAborted();
      const sample = await at(index);
      if (sample) yield sample;
    }
  }

  return { format, length, skipped: skips.report, samples, at };
}
