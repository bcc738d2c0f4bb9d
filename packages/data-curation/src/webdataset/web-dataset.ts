import type { DatasetLimits } from '../dataset-limits.js';
import type { ImageTextDataset } from '../image-text-sample.js';
import { randomAccessDataset } from '../random-access-dataset.js';
import { createSkipLog } from '../skip-report.js';
import { indexShard, readSample, type ShardEntry } from './index-shards.js';
import { streamShards } from './stream-shards.js';
import { isWebAddress } from './stream-tar.js';

/** How shards become a set. */
export interface WebDatasetReading {
  /** Whether local shards get an index. Defaults to true. */
  readonly index?: boolean;
  readonly limits: DatasetLimits;
  readonly signal?: AbortSignal;
}

/** The set of samples in tar shards: with positions where all shards are local and an index is wanted, else a stream. */
export async function webDataset(
  shards: readonly string[],
  { index = true, limits, signal }: WebDatasetReading,
): Promise<ImageTextDataset> {
  const skips = createSkipLog();
  if (!index || shards.some(isWebAddress)) {
    return {
      format: 'webdataset',
      skipped: skips.report,
      samples: options => streamShards(shards, { limits, skips, signal: options?.signal }),
    };
  }
  const entries: ShardEntry[] = [];
  for (const shard of shards) {
    signal?.throwIfAborted();
    for (const entry of await indexShard(shard, limits, skips)) entries.push(entry);
  }
  const read = (position: number) => readSample(entries[position]!, { limits });
  return randomAccessDataset({ format: 'webdataset', length: entries.length, skips, read });
}
