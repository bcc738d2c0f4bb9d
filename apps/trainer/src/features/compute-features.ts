import { openDataset } from '@minigpt4/data-curation';
import { describeModel, openFrozenWeights } from 'minigpt4';
import { describeSkips, type SkipCounts } from '../data/picture-skips.js';
import { encoderDigest } from '../model/model-digests.js';
import type { Reporter } from '../run/reporter.js';
import { defaultFeatureFolder } from './default-feature-folder.js';
import { FeatureEncoder } from './feature-encoder.js';
import { FeatureStore } from './feature-store.js';
import { prepareFeatures, type PrepareFeaturesOptions } from './prepare-features.js';

/** What {@link computeFeatures} is told. */
export interface ComputeFeaturesOptions extends Pick<PrepareFeaturesOptions, 'part' | 'signal'> {
  /** Files, folders, addresses or brace patterns, as `openDataset` takes them. */
  readonly data: readonly string[];
  /** Preset name or model directory. */
  readonly model: string;
  /** Defaults to one in the user's cache, named by the encoder's digest. */
  readonly folder?: string;
  /** Threads inside one operation. */
  readonly threads: number;
  /** Hears how far it is. */
  readonly reporter: Reporter;
}

/** What {@link computeFeatures} did. */
export interface ComputedFeatures {
  readonly folder: string;
  readonly encoder: string;
  readonly samples: number;
  /** Pictures whose features were not there before. */
  readonly encoded: number;
  readonly skipped: SkipCounts;
  readonly seconds: number;
}

/**
 * Sees to it that the features of every picture of a set are kept on disk.
 * @throws the errors of models and data, `FEATURES_MISMATCH`, `FEATURES_UNWRITABLE`, `CHECKPOINT_WRITE`
 */
export async function computeFeatures(options: ComputeFeaturesOptions): Promise<ComputedFeatures> {
  const { data, model, threads, reporter, part, signal } = options;
  const started = performance.now();
  const dataset = await openDataset(data);
  const description = await describeModel(model);
  const encoder = await encoderDigest(description);
  await using weights = await openFrozenWeights(description);
  const encoding = await FeatureEncoder.create(description.config, weights, threads);
  try {
    const folder = options.folder ?? defaultFeatureFolder(encoder);
    const shape = { encoder, tokens: encoding.tokens, width: encoding.width };
    const onWarning = (message: string) => reporter.warn(message);
    const store = await FeatureStore.open(folder, shape, { onWarning });
    const prepared = await prepareFeatures({
      dataset,
      store,
      encoder: encoding,
      onProgress: (done, encoded) => reporter.features(data.join(', '), done, encoded),
      ...(part ? { part } : {}),
      ...(signal ? { signal } : {}),
    });
    const skips = describeSkips(prepared.skipped);
    if (skips !== undefined) reporter.warn(skips);
    const { samples, encoded, skipped } = prepared;
    const seconds = (performance.now() - started) / 1000;
    return { folder, encoder, samples: samples.length, encoded, skipped, seconds };
  } finally {
    await encoding.dispose();
  }
}
