import { openDataset } from '@minigpt4/data-curation';
import type { ProjectionWeights } from '@minigpt4/projection';
import { AdamW, TrainableProjection } from '@minigpt4/projection/train';
import { type ModelDescription, openFrozenWeights } from 'minigpt4';
import { loadLanguageTokenizer } from 'minigpt4/language';
import type { SettledConfig } from '../config/settle-config.js';
import type { OptimizerConfig, TrainConfig } from '../config/train-config.js';
import { BatchSource } from '../data/batch-source.js';
import type { MicroBatch } from '../data/micro-batches.js';
import { openSet, openValidation } from '../data/open-sets.js';
import { joinedSkips, type SkipCounts } from '../data/picture-skips.js';
import { defaultFeatureFolder } from '../features/default-feature-folder.js';
import { FeatureEncoder } from '../features/feature-encoder.js';
import { FeatureStore } from '../features/feature-store.js';
import { CaptionModel } from '../model/caption-model.js';
import { firstWeights } from '../model/first-weights.js';
import { type Picture, readPictures } from '../model/read-pictures.js';
import { readWordEmbeddings, sizeFacts } from '../model/size-facts.js';
import type { SizeFacts } from './manifest.js';
import type { RunIdentity, RunOptions } from './open-run.js';
import type { ResumeState } from './resume-state.js';

/** What a run computes with. */
export interface RunParts {
  readonly model: CaptionModel;
  readonly layer: TrainableProjection;
  readonly optimizer: AdamW;
  readonly data: BatchSource;
  readonly validation: readonly MicroBatch[];
  /** Pictures for the sample answers. */
  readonly pictures: readonly Picture[];
  /** What was left out of the training data so far. */
  skipped(): SkipCounts;
  /** Measures what the language model is given with the present projection. */
  measureSizes(): Promise<SizeFacts>;
  dispose(): Promise<void>;
}

/** What parts are opened with. */
export interface OpenPartsOptions {
  readonly config: SettledConfig;
  readonly description: ModelDescription;
  readonly options: RunOptions;
  readonly state: ResumeState | undefined;
  readonly identity: RunIdentity;
}

/** Pictures that sizes are measured on. */
const measuredPictures = 64;

/** Opens data and models of a run; frozen weights are only mapped while that lasts. */
export async function openParts(opening: OpenPartsOptions): Promise<RunParts> {
  const { config, description, state, identity } = opening;
  const { threads, languageWeights } = identity.backend;
  await using weights = await openFrozenWeights(description);
  const disposables: { dispose(): unknown }[] = [];
  const owned = <T extends { dispose(): unknown }>(part: T): T => {
    disposables.push(part);
    return part;
  };
  const dispose = async () => {
    await Promise.all(disposables.map(part => part.dispose()));
  };
  try {
    const encoder = owned(await FeatureEncoder.create(description.config, weights, threads));
    const data = await openData(opening, encoder);
    // gone before the language model comes: the two need not fit into memory together
    if (isCached(config)) await encoder.dispose();
    const model = owned(await CaptionModel.create(description, weights, { threads, storage: languageWeights }));
    const words = await readWordEmbeddings(weights);
    const sizes = { features: data.measured.map(picture => picture.features), words };
    const first: ProjectionWeights = state?.weights ?? (await firstWeights(config, description.config, sizes));
    const layer = owned(new TrainableProjection(first));
    const optimizer = owned(new AdamW(layer, optimizerOptions(config.optimizer), state?.optimizer));
    const measureSizes = () => sizeFacts(layer, sizes);
    return { ...data, model, layer, optimizer, measureSizes, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function openData({ config, description, options, state, identity }: OpenPartsOptions, encoder: FeatureEncoder) {
  const { reporter, signal } = options;
  const tokenizer = await loadLanguageTokenizer(description.files.llm);
  const shape = { encoder: identity.model.encoder, tokens: encoder.tokens, width: encoder.width };
  const store = await FeatureStore.open(options.features ?? defaultFeatureFolder(shape.encoder), shape, {
    onWarning: message => reporter.warn(message),
  });
  const setOptions = { config, tokenizer, store, encoder, reporter, signal };
  const sets = [];
  for (const [i, set] of config.datasets.entries()) {
    sets.push(await openSet(set, i, { ...setOptions, state: state?.data.sets[i] }));
  }
  const validationSet = config.validation.length > 0 ? await openDataset(config.validation) : undefined;
  const training = sets.map(set => set.training);
  return {
    data: new BatchSource({ config, sets: training, tokenizer, state: state?.data }),
    validation: validationSet ? await openValidation(validationSet, setOptions) : [],
    pictures: await readPictures(validationSet ?? sets[0]!.dataset, config.sampleCount, encoder),
    measured: await readPictures(sets[0]!.dataset, measuredPictures, encoder),
    skipped: () => joinedSkips(training.map(set => set.skipped())),
  };
}

function isCached({ cache, augment }: TrainConfig): boolean {
  return cache && augment === 'none';
}

function optimizerOptions({ maxGradientNorm, ...options }: OptimizerConfig) {
  return maxGradientNorm === null ? options : { ...options, maxGradientNorm };
}
