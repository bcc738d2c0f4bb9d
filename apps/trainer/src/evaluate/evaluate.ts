import { createHash } from 'node:crypto';
import { type ImageTextDataset, openDataset } from '@minigpt4/data-curation';
import {
  CaptionScorer,
  loadMiniGPT4,
  type MiniGPT4,
  type MiniGPT4Config,
  type ModelDescription,
  type RgbImage,
} from 'minigpt4';
import { PictureSkips } from '../data/picture-skips.js';
import { describeFrozen, type FrozenParts } from '../model/describe-frozen.js';
import { fileDigest } from '../model/file-digest.js';
import { modelDigests } from '../model/model-digests.js';
import { dataDigests } from '../run/data-digests.js';
import { describeMachine } from '../run/describe-machine.js';
import { createMetrics, needsScorer, needsSurvey } from './create-metrics.js';
import { type EvaluatedSample, type Evaluation, figuresFrom, observationsOf } from './evaluation.js';
import { EvaluationBatch, type PlacedSample } from './evaluation-batch.js';
import type { Tally } from './metrics/metric.js';
import { surveySet, textOf } from './set-survey.js';
import type { EvaluationSettings } from './evaluation-settings.js';
import { projectionPath } from './projection-path.js';

/** What {@link evaluate} is told. */
export interface EvaluateOptions extends FrozenParts {
  /** Files, folders, addresses or brace patterns, as `openDataset` takes them. */
  readonly data: readonly string[];
  readonly settings: EvaluationSettings;
  /** Threads of the engine. Defaults to the number of physical cores. */
  readonly threads?: number;
  /** Pictures side by side. Defaults to as many as fit into a gigabyte of keys and values, at most 32. */
  readonly batch?: number;
  /** Ends the evaluation with what there is. */
  readonly signal?: AbortSignal;
  /** Is told after each batch. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  readonly done: number;
  /** Absent for a stream. */
  readonly total?: number;
  /** Seconds since the first picture. */
  readonly seconds: number;
}

/**
 * Measures a model on a set: asks about every picture, scores captions, and sums up. Equal settings and files give
 * equal figures. An abort ends it between two batches, with the figures of the samples so far and `partial`.
 *
 * @throws `DATASET_NOT_FOUND` and the other errors of `openDataset` and `loadMiniGPT4`
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const started = performance.now();
  const { settings, threads, signal } = options;
  const description = await describeFrozen(options);
  const set = await openDataset(options.data);
  const needed = needsSurvey(settings.metrics);
  const keys = { labelKey: settings.named.labelKey, groupKey: settings.category.groupKey, ...(signal && { signal }) };
  const survey = needed ? await surveySet(set, keys) : { captions: [], groupOf: new Map<string, string>(), groups: [] };
  const engine = threads === undefined ? {} : { threads };
  await using model = await loadMiniGPT4(description, engine);
  await using scorer = needsScorer(settings.metrics) ? await CaptionScorer.load(description, engine) : undefined;
  const batch = options.batch ?? fittingBatch(description.config);
  const parts = { settings, survey, scorer, config: description.config, tokenizer: model.tokenizer, rows: 2 * batch };
  const tallies = createMetrics({ ...parts, ...(signal && { signal }) });
  const loadSeconds = (performance.now() - started) / 1000;
  const run = await walk({ ...options, set, model, tallies, batch });

  const summaries = tallies.map(tally => [tally.name, tally.summarize()] as const);
  const samples = run.samples.map((sample, i) => ({ ...sample, observations: observationsOf(summaries, i) }));
  const secondsOf = Object.fromEntries(tallies.map(({ name, milliseconds }) => [name, milliseconds / 1000]));
  const digests = await modelDigests(description);
  const { path, sha256 } = await digestOfProjection(description);
  return {
    n: samples.length,
    ...figuresFrom(summaries),
    partial: run.partial,
    model: { name: description.name, digest: digestOf(digests), ...digests },
    projection: { path, sha256 },
    data: await dataDigests(options.data),
    skipped: run.skips.counts(set.skipped),
    settings,
    timings: {
      loadSeconds,
      seconds: run.seconds,
      secondsOf: { pictures: run.pictureSeconds, ...secondsOf },
      picturesPerSecond: run.seconds > 0 ? samples.length / run.seconds : 0,
    },
    machine: { ...describeMachine(), node: process.versions.node, threads: threads ?? null, batch },
    createdAt: new Date().toISOString(),
    samples,
  };
}

interface Walk extends Omit<EvaluateOptions, 'model'> {
  readonly set: ImageTextDataset;
  readonly model: MiniGPT4;
  readonly tallies: readonly Tally[];
  readonly batch: number;
}

interface Walked {
  readonly samples: readonly Omit<EvaluatedSample, 'observations'>[];
  readonly partial: boolean;
  readonly skips: PictureSkips;
  readonly seconds: number;
  readonly pictureSeconds: number;
}

async function walk({ set, model, tallies, settings, batch, signal, onProgress }: Walk): Promise<Walked> {
  const started = performance.now();
  const skips = new PictureSkips();
  const samples: Omit<EvaluatedSample, 'observations'>[] = [];
  const { limit, named } = settings;
  const total = limit === null ? set.length : Math.min(limit, set.length ?? limit);
  let [partial, pictureMs] = [false, 0];
  const seconds = () => (performance.now() - started) / 1000;
  try {
    for await (const decoded of batches(set, skips, { size: batch, limit, ...(signal && { signal }) })) {
      const before = performance.now();
      const pictures = await model.pictureBatch(decoded.map(({ pixels }) => pixels));
      pictureMs += performance.now() - before;
      const seen = new EvaluationBatch(decoded, pictures, signal);
      for (const tally of tallies) await tally.measure(seen);
      for (const tally of tallies) tally.keep();
      for (const [i, { sample }] of decoded.entries()) {
        const label = textOf(sample.metadata, named.labelKey);
        samples.push({ key: sample.key, ...(label !== '' && { label }), answers: await seen.answersOf(i) });
      }
      onProgress?.({ done: samples.length, seconds: seconds(), ...(total !== undefined && { total }) });
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    partial = true;
  }
  return { samples, partial, skips, seconds: seconds(), pictureSeconds: pictureMs / 1000 };
}

type DecodedSample = PlacedSample & { readonly pixels: RgbImage };

async function* batches(
  set: ImageTextDataset,
  skips: PictureSkips,
  { size, limit, signal }: { readonly size: number; readonly limit: number | null; readonly signal?: AbortSignal },
): AsyncGenerator<readonly DecodedSample[]> {
  let [waiting, position]: [DecodedSample[], number] = [[], 0];
  for await (const sample of set.samples(signal && { signal })) {
    if (position === limit) break;
    const pixels = await skips.decode(sample.image, sample.source);
    if (pixels === undefined) continue;
    waiting.push({ sample, pixels, position: position++ });
    if (waiting.length < size) continue;
    signal?.throwIfAborted();
    yield waiting;
    waiting = [];
  }
  signal?.throwIfAborted();
  if (waiting.length > 0) yield waiting;
}

const cacheBytes = 2 ** 30;

/** Pictures whose keys and values of a long answer take a gigabyte together, from 1 to 32. */
function fittingBatch({ llm, maxTextLength }: MiniGPT4Config): number {
  const perPosition = 2 * llm.layers * llm.kvHeads * llm.headSize * Float32Array.BYTES_PER_ELEMENT;
  const positions = 256 + maxTextLength.stage2;
  return Math.max(1, Math.min(32, Math.floor(cacheBytes / (perPosition * positions))));
}

async function digestOfProjection(description: ModelDescription): Promise<{ path: string; sha256: string }> {
  const path = projectionPath(description);
  return { path, sha256: await fileDigest(path) };
}

function digestOf({ encoder, languageModel }: { readonly encoder: string; readonly languageModel: string }): string {
  return createHash('sha256').update(`${encoder}\n${languageModel}\n`).digest('hex');
}
