import { readFile } from 'node:fs/promises';
import { MiniGPT4Error } from '@minigpt4/core';
import type { WeightStorage } from '@minigpt4/onnx-session';
import type { Alarm } from '../alarms/alarms.js';
import { flattened } from '../config/resolve-config.js';
import { isFresh, type TrainConfig } from '../config/train-config.js';
import type { SkipCounts } from '../data/picture-skips.js';
import type { ModelDigests } from '../model/model-digests.js';
import type { DataDigest } from './data-digests.js';
import type { Machine } from './describe-machine.js';
import { writeJsonFile } from './json-lines.js';

/** How a run ended, or `running`. */
export type RunStatus = 'running' | 'finished' | 'stopped early' | 'interrupted';

/** Everything about a run that its numbers do not say: enough to do it again. */
export interface Manifest {
  /** Version of this layout. */
  readonly format: 1;
  readonly name: string;
  readonly stage: TrainConfig['stage'];
  readonly config: TrainConfig;
  readonly seed: number;
  /** Of all training data, in the order of the configuration. */
  readonly data: readonly DataDigest[];
  readonly validation: readonly DataDigest[];
  /** What was left out of the training data. */
  readonly skipped: SkipCounts;
  readonly model: { readonly name: string } & ModelDigests;
  /** What the numbers depend on beyond configuration and data; a resume keeps it. */
  readonly backend: { readonly name: string; readonly threads: number; readonly languageWeights: WeightStorage };
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Machine;
  readonly alarms: readonly Alarm[];
  /** ISO 8601. */
  readonly started: string;
  readonly updated: string;
  readonly status: RunStatus;
  readonly step: number;
  /** |projected| / |word embedding| and the queries' mean cosine, at the start and now. */
  readonly sizes: { readonly start: SizeFacts; readonly now: SizeFacts };
  readonly best: { readonly step: number; readonly loss: number } | null;
}

/** Two measures of what the language model is given; alarms are raised beyond the limits of each. */
export interface SizeFacts {
  readonly embeddingRatio: number;
  readonly querySimilarity: number;
}

/** Replaces the manifest. @throws `OUTPUT_UNWRITABLE` when the disk fails */
export function writeManifest(path: string, manifest: Manifest): Promise<void> {
  return writeJsonFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The manifest of a run, undefined where there is none. @throws `MANIFEST_CORRUPT` for one that is no JSON */
export async function readManifest(path: string): Promise<Manifest | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Manifest;
  } catch (cause) {
    throw new MiniGPT4Error(
      'MANIFEST_CORRUPT',
      `${path}: damaged, expected JSON, got "${text.slice(0, 40)}". Remove it: --resume then goes on without comparing.`,
      { cause },
    );
  }
}

/** Values that may differ between the parts of a run: they change when it ends and what it tells, not what it computes. */
const free = new Set([
  'name',
  'steps',
  'logEvery',
  'saveEvery',
  'validateEvery',
  'sampleEvery',
  'sampleCount',
  'question',
  'patience',
  'threads',
  'backend',
  'validation',
  // compared by digest, and as part of the backend
  'languageModel',
  'languageWeights',
]);

/**
 * Makes sure that a resume continues the same run.
 * @throws `RESUME_MISMATCH` with everything that differs
 */
export function checkSameRun(
  before: Manifest,
  now: Pick<Manifest, 'config' | 'data' | 'model' | 'backend'>,
  where: string,
): void {
  const differences: string[] = [];
  const compare = (what: string, expected: unknown, got: unknown) => {
    const [a, b] = [JSON.stringify(expected), JSON.stringify(got)];
    if (a !== b) differences.push(`${what}: expected ${a}, got ${b}`);
  };
  const [old, current] = [comparable(before.config), comparable(now.config)];
  for (const name of Object.keys({ ...old, ...current })) compare(name, old[name], current[name]);
  compare('data', before.data.map(digestOf), now.data.map(digestOf));
  compare('encoder', before.model.encoder, now.model.encoder);
  compare('language model', before.model.languageModel, now.model.languageModel);
  compare('backend', before.backend, now.backend);
  if (differences.length === 0) return;
  throw new MiniGPT4Error(
    'RESUME_MISMATCH',
    `${where}: another run than the one to go on with, ${differences.join('; ')}. Use the same settings and files, or choose another --output.`,
  );
}

function comparable(config: TrainConfig): Record<string, unknown> {
  const entries = Object.entries(flattened(config)).filter(([name]) => !free.has(name));
  // where files lie does not matter, what they hold is compared by digest
  const datasets = config.datasets.map(set => ({ ...set, data: undefined }));
  return { ...Object.fromEntries(entries), datasets, projection: isFresh(config) ? config.projection : 'file' };
}

function digestOf({ sha256, path }: DataDigest): string {
  return sha256 ?? path;
}
