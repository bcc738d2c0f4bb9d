import {
  type DatasetSurvey,
  findLeakage,
  type ImageTextDataset,
  type ImageTextSample,
  type Leakage,
  openDataset,
  surveyDataset,
} from '@minigpt4/data-curation';
import { imageTokens } from 'minigpt4';
import { loadLanguageTokenizer } from 'minigpt4/language';
import { settleConfig } from '../config/settle-config.js';
import type { TrainConfig } from '../config/train-config.js';
import { PictureSkips, type SkipCounts } from '../data/picture-skips.js';
import { textTargets, type ToTarget } from '../data/text-targets.js';
import { describeFrozen } from '../model/describe-frozen.js';
import { labelPreview, type LabelPreview } from './label-preview.js';
import { findLookAlikes, type LookAlike, pictureLook, type PictureLook } from './picture-look.js';

/** What {@link examineDataset} is told. */
export interface ExamineOptions {
  /** The configuration that the set would be trained with; its first data set names captions' treatment and the files. */
  readonly config: TrainConfig;
  /** Test data that training must not have seen. Defaults to none. */
  readonly against?: readonly string[];
  /** Samples whose labels are shown. */
  readonly previews: number;
  /** Is told how many samples were looked at. */
  readonly onProgress?: (done: number) => void;
  readonly signal?: AbortSignal;
}

/** Everything that was found. */
export interface Examination extends DatasetSurvey {
  /** What was left out, and why; damaged pictures included. */
  readonly skipped: SkipCounts;
  /** Pictures that look like an earlier one, whatever their file's bytes. */
  readonly lookAlikes: readonly LookAlike[];
  /** Keys of samples with nothing to learn but the end symbol. */
  readonly emptyLabels: readonly string[];
  /** Keys of samples whose text is longer than training takes, so that its end and the end symbol are cut off. */
  readonly cutLabels: readonly string[];
  readonly maxTextLength: number;
  /** As training lays the first samples out. */
  readonly previews: readonly LabelPreview[];
  /** What the test data shares with the set; absent where none was named. */
  readonly leakage?: Leakage & { readonly lookAlikes: readonly LookAlike[] };
}

/**
 * Looks a data set over before it is trained on. Reads every picture once, and again for what test data shares with it.
 *
 * @throws the errors of `openDataset` and `describeFrozen`, the signal's reason
 */
export async function examineDataset(options: ExamineOptions): Promise<Examination> {
  const { against, previews: previewed, onProgress, signal } = options;
  const description = await describeFrozen(options.config);
  const config = await settleConfig(options.config, description);
  const tokenizer = await loadLanguageTokenizer(description.files.llm);
  const set = config.datasets[0]!;
  const toTarget = textTargets(tokenizer, config, set);
  const toWhole = textTargets(tokenizer, { ...config, maxTextLength: Infinity }, set);
  const layOut = { config, tokenizer, imageTokens: imageTokens(description.config) };

  const dataset = await openDataset(set.data);
  const skips = new PictureSkips();
  const looks: PictureLook[] = [];
  const labels = labelCollector(toTarget, toWhole);
  const previews: LabelPreview[] = [];
  const looked = lookedAt(dataset, { skips, looks, ...(onProgress && { onProgress }), ...(signal && { signal }) });
  const observed = tapped(looked, sample => {
    const target = labels.add(sample);
    if (previews.length < previewed) previews.push(labelPreview({ ...layOut, key: sample.key, target }));
  });
  const survey = await surveyDataset(observed, { countTokens: text => toWhole(text).ids.length });
  const { empty, cut } = labels;
  return {
    ...survey,
    skipped: skips.counts(dataset.skipped),
    lookAlikes: findLookAlikes(looks),
    emptyLabels: empty,
    cutLabels: cut,
    maxTextLength: config.maxTextLength,
    previews,
    ...(against && { leakage: await leakageOf(dataset, looks, await openDataset(against)) }),
  };
}

function labelCollector(toTarget: ToTarget, toWhole: ToTarget) {
  const [empty, cut]: [string[], string[]] = [[], []];
  return {
    empty,
    cut,
    add({ key, caption }: ImageTextSample) {
      const target = toTarget(caption);
      if (target.isEmpty) empty.push(key);
      if (toWhole(caption).ids.length > target.ids.length) cut.push(key);
      return target;
    },
  };
}

interface LookedAtOptions extends Pick<ExamineOptions, 'onProgress' | 'signal'> {
  readonly skips: PictureSkips;
  /** Where the looks go. */
  readonly looks: PictureLook[];
}

/** The samples of a set whose pictures can be decoded. */
async function* lookedAt(
  dataset: ImageTextDataset,
  { skips, looks, onProgress, signal }: LookedAtOptions,
): AsyncGenerator<ImageTextSample> {
  let done = 0;
  for await (const sample of dataset.samples(signal ? { signal } : {})) {
    const pixels = await skips.decode(sample.image, sample.source);
    onProgress?.(++done);
    if (pixels === undefined) continue;
    looks.push(pictureLook(sample.key, pixels));
    yield sample;
  }
}

async function* tapped<T>(source: AsyncIterable<T>, look: (item: T) => void): AsyncGenerator<T> {
  for await (const item of source) {
    look(item);
    yield item;
  }
}

async function leakageOf(
  train: ImageTextDataset,
  trained: readonly PictureLook[],
  test: ImageTextDataset,
): Promise<NonNullable<Examination['leakage']>> {
  const looks: PictureLook[] = [];
  const leakage = await findLeakage(train.samples(), lookedAt(test, { skips: new PictureSkips(), looks }));
  return { ...leakage, lookAlikes: findLookAlikes(looks, trained) };
}
