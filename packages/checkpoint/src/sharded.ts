import { dirname, join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import type { Checkpoint } from './checkpoint.js';
import { compositeCheckpoint } from './composite-checkpoint.js';
import type { CheckpointLimits } from './limits.js';
import { listed, quote } from './messages.js';
import { parseJson } from './storage/parse-json.js';
import type { ReadableFile } from './storage/readable-file.js';

// the index, its two objects, and room for what a tool may add
const maxDepth = 8;

/** Opens one file of a sharded checkpoint within what the others have left of the limits. */
export type OpenShard = (path: string, left: CheckpointLimits) => Promise<Checkpoint>;

/**
 * The checkpoint that a `*.index.json` of Hugging Face describes: `weight_map` names each tensor's file in the index's
 * own folder. Reads the index and the shards' directories; a shard outside the folder is refused.
 */
export async function openSharded(
  index: ReadableFile,
  limits: CheckpointLimits,
  openShard: OpenShard,
): Promise<Checkpoint> {
  const weightMap = await readWeightMap(index, limits);
  const shards = await openAll(index, [...new Set(weightMap.values())], limits, openShard);
  const owned = [...shards.values()];
  const sources = new Map(
    [...weightMap].map(([name, shard]) => [name, { checkpoint: shards.get(shard)!, name }] as const),
  );
  const lost = [...sources.values()].filter(({ checkpoint, name }) => !checkpoint.info(name));
  if (lost.length > 0) {
    await Promise.all(owned.map(shard => shard.close()));
    throw corrupt(
      index,
      `index and shards disagree, expected every tensor in the file that weight_map names, got none for ${listed(lost.map(({ name }) => name))}`,
    );
  }
  const metadata = Object.fromEntries(owned.flatMap(shard => Object.entries(shard.metadata)));
  return compositeCheckpoint({ path: index.path, format: 'sharded', metadata, sources, owned });
}

function corrupt(index: ReadableFile, what: string, cause?: unknown): MiniGPT4Error {
  return new MiniGPT4Error('CHECKPOINT_CORRUPT', `${index.path}: ${what}. Download the index and its shards again.`, {
    cause,
  });
}

async function readWeightMap(index: ReadableFile, limits: CheckpointLimits): Promise<Map<string, string>> {
  if (index.size > limits.headerBytes) throw tooMuch(index, 'bytes', limits.headerBytes, index.size);
  const bytes = await index.read(0, index.size);
  let parsed: unknown;
  try {
    parsed = parseJson(bytes, { path: index.path, maxDepth, limits });
  } catch (cause) {
    if (cause instanceof MiniGPT4Error) throw cause;
    throw corrupt(index, `bad index, ${(cause as Error).message}`, cause);
  }
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map;
  const entries = typeof map === 'object' && !Array.isArray(map) ? Object.entries(map ?? {}) : [];
  if (entries.length === 0) throw corrupt(index, 'bad index, expected a "weight_map" from tensors to files, got none');
  if (entries.length > limits.tensors) throw tooMuch(index, 'tensors', limits.tensors, entries.length);
  const weightMap = new Map(entries.map(([name, shard]) => [name, checkShardName(index, shard)]));
  const shards = new Set(weightMap.values()).size;
  if (shards > limits.shards) throw tooMuch(index, 'shards', limits.shards, shards);
  return weightMap;
}

function tooMuch(index: ReadableFile, what: string, most: number, got: number): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_LIMIT',
    `${index.path}: index too large, expected at most ${most} ${what}, got ${got}. Raise the limit if you trust the file.`,
  );
}

function checkShardName(index: ReadableFile, shard: unknown): string {
  if (typeof shard === 'string' && /^[^/\\:\0]+$/.test(shard) && shard !== '.' && !shard.includes('..')) return shard;
  throw new MiniGPT4Error(
    'CHECKPOINT_UNSAFE',
    `${index.path}: shard refused, expected the name of a file in the same folder, got ${quote(String(shard))}. Do not use this index.`,
  );
}

async function openAll(
  index: ReadableFile,
  names: readonly string[],
  limits: CheckpointLimits,
  openShard: OpenShard,
): Promise<Map<string, Checkpoint>> {
  const results = await settleAll(dirname(index.path), names, limits, openShard);
  const failed = results.filter(result => result.status === 'rejected');
  const opened = results.filter(result => result.status === 'fulfilled').map(result => result.value);
  if (failed.length === 0) return new Map(names.map((name, i) => [name, opened[i]!]));
  await Promise.all(opened.map(shard => shard.close()));
  throw missingShards(index, names, results) ?? failed[0]!.reason;
}

/** One shard after the other, because the limits hold for all together; a file that is absent does not stop it, so that all such are named. */
async function settleAll(
  folder: string,
  names: readonly string[],
  limits: CheckpointLimits,
  openShard: OpenShard,
): Promise<PromiseSettledResult<Checkpoint>[]> {
  const results: PromiseSettledResult<Checkpoint>[] = [];
  let { tensors } = limits;
  for (const name of names) {
    const [result] = await Promise.allSettled([openShard(join(folder, name), { ...limits, tensors })]);
    results.push(result);
    if (result.status === 'fulfilled') tensors -= result.value.names().length;
    else if (!isAbsent(result)) break;
  }
  return results;
}

function isAbsent(result: PromiseSettledResult<Checkpoint>): boolean {
  return (
    result.status === 'rejected' &&
    result.reason instanceof MiniGPT4Error &&
    result.reason.code === 'CHECKPOINT_NOT_FOUND'
  );
}

/** One error for all absent shards, the usual end of an interrupted download. */
function missingShards(
  index: ReadableFile,
  names: readonly string[],
  results: readonly PromiseSettledResult<Checkpoint>[],
): MiniGPT4Error | undefined {
  const absent = names.filter((_, i) => results[i] && isAbsent(results[i]));
  if (absent.length === 0) return undefined;
  return new MiniGPT4Error(
    'CHECKPOINT_NOT_FOUND',
    `${index.path}: shards absent, expected ${names.length} files beside the index, got none for ${listed(absent)}. Finish the download.`,
  );
}
