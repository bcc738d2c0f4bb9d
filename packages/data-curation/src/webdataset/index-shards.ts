import { type DatasetLimits, datasetLimits } from '../dataset-limits.js';
import { type ByteRange, readFileRanges } from '../files/read-file-ranges.js';
import type { ImageTextSample } from '../image-text-sample.js';
import { createSkipLog, type SkipLog, type SkipReport } from '../skip-report.js';
import { assembleSample, memberName, neededMembers } from './assemble-sample.js';
import { collectGroups, type CollectedGroup } from './group-members.js';
import { scanTar } from './scan-tar.js';

/** Where one sample lies in a local tar. */
export interface ShardEntry {
  /** Path of the tar. */
  readonly shard: string;
  readonly key: string;
  /** Place of each member's contents by extension, in the order of the shard. */
  readonly members: Readonly<Record<string, ByteRange>>;
}

/** An index of local tars, in memory: about 300 bytes a sample. */
export interface ShardIndex {
  readonly entries: readonly ShardEntry[];
  /** What was left out for its names and sizes; damaged contents show only when they are read. */
  readonly skipped: SkipReport;
}

/** What the index of shards and the reading of its samples may be told. */
export interface ShardOptions {
  /** Defaults to {@link datasetLimits}, each on its own. */
  readonly limits?: Partial<DatasetLimits>;
}

/** The usable samples of one shard; what is wrong is counted. */
export async function indexShard(shard: string, limits: DatasetLimits, skips: SkipLog): Promise<ShardEntry[]> {
  const entries: ShardEntry[] = [];
  const groups = collectGroups<ByteRange>(shard, limits);
  const keep = (group: CollectedGroup<ByteRange> | undefined) => {
    if (!group) return;
    try {
      neededMembers(group, limits);
      entries.push({ shard, key: group.key, members: Object.fromEntries(group.values) });
    } catch (error) {
      skips.add(error);
    }
  };
  try {
    for await (const { name, offset, length } of scanTar(shard)) {
      const member = memberName(name, shard, skips);
      if (!member) continue;
      keep(groups.begin(member));
      groups.add(member.extension, length, { offset, length });
    }
    keep(groups.end());
  } catch (error) {
    skips.add(error);
  }
  return entries;
}

/**
 * Finds every sample of local tar shards by reading their headers only, so that a trainer can read them in any order with {@link readSample}.
 * Samples without picture or caption, over a limit or behind damage are left out and counted.
 */
export async function indexShards(shards: readonly string[], { limits }: ShardOptions = {}): Promise<ShardIndex> {
  const skips = createSkipLog();
  const entries: ShardEntry[] = [];
  for (const shard of shards) {
    for (const entry of await indexShard(shard, { ...datasetLimits, ...limits }, skips)) entries.push(entry);
  }
  return { entries, skipped: skips.report };
}

/**
 * Reads one sample of an index: one opened file, two or three reads.
 *
 * @throws an error whose code is a {@link SkipReason}: `NOT_AN_IMAGE`, `BAD_JSON`, `BAD_RECORD`, `NO_CAPTION`, `UNREADABLE_FILE`.
 */
export async function readSample(entry: ShardEntry, { limits }: ShardOptions = {}): Promise<ImageTextSample> {
  const { shard, key } = entry;
  const members = new Map(Object.entries(entry.members));
  const sizes = new Map([...members].map(([extension, { length }]) => [extension, length]));
  const needed = neededMembers({ shard, key, sizes }, { ...datasetLimits, ...limits });
  const bytes = await readFileRanges(
    shard,
    needed.map(extension => members.get(extension)!),
  );
  return assembleSample(entry, new Map(needed.map((extension, i) => [extension, bytes[i]!])));
}
