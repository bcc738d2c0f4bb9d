import type { DatasetLimits } from '../dataset-limits.js';
import type { ImageTextSample } from '../image-text-sample.js';
import type { SkipLog } from '../skip-report.js';
import { assembleSample, imageMember, memberName, neededMembers } from './assemble-sample.js';
import { collectGroups, type CollectedGroup } from './group-members.js';
import { streamTar, type StreamedMember } from './stream-tar.js';

/** What the readers of shards share. */
export interface ShardReading {
  readonly limits: DatasetLimits;
  readonly skips: SkipLog;
  readonly signal?: AbortSignal | undefined;
}

async function readMember({ header, chunks }: StreamedMember): Promise<Uint8Array> {
  const bytes = new Uint8Array(header.size);
  let filled = 0;
  for await (const chunk of chunks) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}

/** Whether a member is worth its memory: a text or the first picture, within its limit. */
function isWanted(extension: string, size: number, before: Iterable<string>, limits: DatasetLimits): boolean {
  if (extension === 'json') return size <= limits.jsonBytes;
  if (extension === 'txt') return size <= limits.textBytes;
  return imageMember([...before, extension]) === extension && size <= limits.imageBytes;
}

/** The complete groups of one shard, with the bytes that a sample needs. */
async function* shardGroups(
  shard: string,
  { limits, skips, signal }: ShardReading,
): AsyncGenerator<CollectedGroup<Uint8Array>> {
  const groups = collectGroups<Uint8Array>(shard, limits);
  for await (const streamed of streamTar(shard, signal)) {
    const { name, size, type } = streamed.header;
    const member = type === 'file' || type === 'contiguous-file' ? memberName(name, shard, skips) : undefined;
    const complete = member && groups.begin(member);
    if (complete) yield complete;
    const wanted = member !== undefined && isWanted(member.extension, size, groups.extensions(), limits);
    const bytes = wanted ? await readMember(streamed) : undefined;
    if (member) groups.add(member.extension, size, bytes);
    // a member that is not read to its end holds up the tar
    if (!wanted) for await (const chunk of streamed.chunks) void chunk;
  }
  const last = groups.end();
  if (last) yield last;
}

async function* samplesOfShard(shard: string, reading: ShardReading): AsyncGenerator<ImageTextSample> {
  for await (const group of shardGroups(shard, reading)) {
    let sample: ImageTextSample | undefined;
    try {
      neededMembers(group, reading.limits);
      sample = assembleSample(group, group.values);
    } catch (error) {
      reading.skips.add(error);
    }
    if (sample) yield sample;
    reading.signal?.throwIfAborted();
  }
}

/** The samples of tar shards, one shard after the other, holding one sample in memory at a time. Broken samples and shards are counted and left out. */
export async function* streamShards(shards: readonly string[], reading: ShardReading): AsyncGenerator<ImageTextSample> {
  for (const shard of shards) {
    reading.signal?.throwIfAborted();
    const samples = samplesOfShard(shard, reading);
    try {
      yield* samples;
    } catch (error) {
      reading.skips.add(error);
    }
  }
}
