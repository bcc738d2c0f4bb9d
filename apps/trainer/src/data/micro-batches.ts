import { type HostTensor, hostTensor } from '@minigpt4/core';
import { captionBatch, type CaptionBatch } from 'minigpt4';
import type { Batch } from './batch-source.js';
import type { TrainingSample } from './training-set.js';

/** Samples that go through the language model together. */
export interface MicroBatch {
  /** (samples, tokens, width). */
  readonly features: HostTensor<'float32'>;
  readonly rows: CaptionBatch;
  /** Positions that a loss is taken at. */
  readonly targets: number;
}

/** What {@link microBatches} needs to know. */
export interface MicroBatchOptions {
  /** Most samples of one. */
  readonly size: number;
  /** Vectors that stand for an image. */
  readonly imageTokens: number;
  readonly padId: number;
}

/**
 * Cuts a batch into parts of similarly long texts, so that little is padding. The mean over all targets of the batch is
 * the mean of the parts weighted by their targets: cutting changes nothing but the order of sums. Parts without any
 * target are left out.
 */
export function microBatches({ samples, before, after }: Batch, options: MicroBatchOptions): MicroBatch[] {
  const { size, imageTokens, padId } = options;
  const sorted = samples.toSorted((a, b) => a.ids.length - b.ids.length);
  const parts: MicroBatch[] = [];
  for (let start = 0; start < sorted.length; start += size) {
    const part = sorted.slice(start, start + size);
    const rows = captionBatch({ before, after, texts: part.map(({ ids }) => ids), imageTokens, padId });
    const targets = rows.targets.reduce((sum, target) => sum + (target >= 0 ? 1 : 0), 0);
    if (targets > 0) parts.push({ features: stacked(part, imageTokens), rows, targets });
  }
  return parts;
}

function stacked(samples: readonly TrainingSample[], imageTokens: number): HostTensor<'float32'> {
  const each = samples[0]!.features.length;
  const data = new Float32Array(samples.length * each);
  samples.forEach(({ features }, i) => data.set(features, i * each));
  return hostTensor('float32', [samples.length, imageTokens, each / imageTokens], data);
}
