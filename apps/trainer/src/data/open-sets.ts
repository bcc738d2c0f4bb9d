import { type ImageTextDataset, openDataset } from '@minigpt4/data-curation';
import type { Tokenizer } from '@minigpt4/llm-vicuna';
import { paddingId } from 'minigpt4';
import type { SettledConfig } from '../config/settle-config.js';
import type { DatasetConfig } from '../config/train-config.js';
import { derivedSeed } from '../config/derived-seed.js';
import type { FeatureEncoder } from '../features/feature-encoder.js';
import type { FeatureStore } from '../features/feature-store.js';
import { prepareFeatures } from '../features/prepare-features.js';
import type { Reporter } from '../run/reporter.js';
import { promptIds } from './batch-source.js';
import { cachedSet } from './cached-set.js';
import { freshSet } from './fresh-set.js';
import { type MicroBatch, microBatches } from './micro-batches.js';
import { describeSkips } from './picture-skips.js';
import { textTargets } from './text-targets.js';
import type { SetState, TrainingSet } from './training-set.js';

/** What sets are opened with. */
export interface OpenSetsOptions {
  readonly config: SettledConfig;
  readonly tokenizer: Tokenizer;
  readonly store: FeatureStore;
  readonly encoder: FeatureEncoder;
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
}

/** A data set as it lies on disk, and as training takes from it. */
export interface OpenedSet {
  readonly dataset: ImageTextDataset;
  readonly training: TrainingSet;
}

/**
 * Opens a set of the configuration; where features are cached, sees to it that they are.
 * @throws the errors of `openDataset`, `DATA_EMPTY`
 */
export async function openSet(
  set: DatasetConfig,
  number: number,
  options: OpenSetsOptions & { readonly state?: SetState | undefined },
): Promise<OpenedSet> {
  const { config, tokenizer, store, encoder, state } = options;
  const dataset = await openDataset(set.data);
  const name = set.data.join(', ');
  const toTarget = textTargets(tokenizer, config, set);
  const shared = { name, toTarget, seed: derivedSeed(config.seed, 'set', number), state };
  if (config.cache && config.augment === 'none') {
    const prepared = await prepare(dataset, name, options);
    return { dataset, training: cachedSet({ ...shared, prepared, store }) };
  }
  const cropSize = config.augment === 'crop' ? encoder.imageSize : undefined;
  return { dataset, training: freshSet({ ...shared, dataset, encoder, cropSize }) };
}

/** All of the validation data as it goes through the model, with the first instruction and the first set's captions. */
export async function openValidation(dataset: ImageTextDataset, options: OpenSetsOptions): Promise<MicroBatch[]> {
  const { config, tokenizer, store, encoder } = options;
  const { template, instructions, validation, microBatch } = config;
  const prepared = await prepare(dataset, validation.join(', '), options);
  const toTarget = textTargets(tokenizer, config, config.datasets[0]!);
  const samples = await Promise.all(
    prepared.samples.map(async ({ key, caption, pixels }) => ({
      key,
      ...toTarget(caption),
      features: await store.read(pixels),
    })),
  );
  const batch = { samples, ...promptIds(tokenizer, template, instructions[0]) };
  const padId = paddingId(tokenizer, template.endSymbol);
  return microBatches(batch, { size: microBatch, imageTokens: encoder.tokens, padId });
}

async function prepare(dataset: ImageTextDataset, name: string, options: OpenSetsOptions) {
  const { store, encoder, reporter, signal } = options;
  const prepared = await prepareFeatures({
    dataset,
    store,
    encoder,
    onProgress: (done, encoded) => reporter.features(name, done, encoded),
    ...(signal ? { signal } : {}),
  });
  const skips = describeSkips(prepared.skipped);
  if (skips !== undefined) reporter.warn(`${name}: ${skips}`);
  return prepared;
}
