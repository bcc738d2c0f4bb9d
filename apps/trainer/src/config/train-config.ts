import { MiniGPT4Error } from '@minigpt4/core';
import type { WeightStorage } from '@minigpt4/onnx-session';
import { z } from 'zod';

/** One source of image-text samples. */
export interface DatasetConfig {
  /** Files, folders, addresses or brace patterns, as `openDataset` takes them; several follow each other as one set. */
  readonly data: readonly string[];
  /** Weight of this set in the mixture; only relations count, as in the original's `sample_ratio`. */
  readonly ratio: number;
  /** Samples of one batch; a batch comes from one set. */
  readonly batchSize: number;
  /** `blip` lower-cases captions and takes punctuation out, as stage 1 does; `verbatim` leaves them alone. */
  readonly caption: 'blip' | 'verbatim';
  /** Words that `blip` keeps. */
  readonly maxWords: number;
}

/** Learning rate of every step, named as in the original's YAML files; see `linearWarmupCosine`. */
export interface ScheduleConfig {
  /** Learning rate at the top. */
  readonly initLr: number;
  /** Learning rate at the end of the cosine. */
  readonly minLr: number;
  /** Learning rate of the first step; negative for `initLr`. */
  readonly warmupLr: number;
  /** Steps of the ramp. */
  readonly warmupSteps: number;
  readonly maxEpoch: number;
  /** Steps of an "epoch", which is a unit of the schedule and no pass over the data. */
  readonly itersPerEpoch: number;
}

/** AdamW's numbers. */
export interface OptimizerConfig {
  /** On the matrix alone. */
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Longest gradient, null for no clipping. */
  readonly maxGradientNorm: number | null;
}

/** Everything that decides what a training run computes. Two runs with the same configuration and data give the same bytes. */
export interface TrainConfig {
  readonly name: string;
  readonly stage: 'stage1' | 'stage2';
  /** Preset name or model directory: the frozen parts. */
  readonly model: string;
  /** A language model in place of the model's own: a GGUF file or a directory of Hugging Face. Null for the model's own. */
  readonly languageModel: string | null;
  /**
   * How training holds the language model's matrices, null for `as stored`. Part of the numbers: recorded and kept by a
   * resume. Answers are computed as stored.
   */
  readonly languageWeights: WeightStorage | null;
  /**
   * What training starts from: a path to a trained projection, or `random`, or `matched`, which is random and as large
   * as makes its outputs the size of word embeddings.
   */
  readonly projection: string;
  readonly datasets: readonly DatasetConfig[];
  /** Files that are never trained on, for the validation loss and the sample answers. */
  readonly validation: readonly string[];
  /** Batches that one step sums up: as one batch that many times larger. */
  readonly accumulate: number;
  /** Samples that go through the language model at a time; bounds memory and changes results only by rounding. */
  readonly microBatch: number;
  /** Where the run ends. */
  readonly steps: number;
  readonly schedule: ScheduleConfig;
  readonly optimizer: OptimizerConfig;
  /**
   * Text with one `{}` for image and instruction, or empty for the image alone; and the end of every text. Null for the
   * language model's own.
   */
  readonly template: { readonly prompt: string | null; readonly endSymbol: string | null };
  /** One is drawn for each batch, where the template has a place for it. */
  readonly instructions: readonly string[];
  /** Tokens of a text, end symbol included; longer ones are cut. */
  readonly maxTextLength: number;
  /** `crop`: a random part of each picture, as the original's first version; features are then computed at every step. */
  readonly augment: 'none' | 'crop';
  /** Whether features are computed once and kept on disk; without it they are computed at every step. */
  readonly cache: boolean;
  readonly seed: number;
  /** Steps between two lines of the log. */
  readonly logEvery: number;
  /** Steps between two saved states. */
  readonly saveEvery: number;
  /** Steps between two validations, 0 for none. */
  readonly validateEvery: number;
  /** Steps between two rounds of sample answers, 0 for none. */
  readonly sampleEvery: number;
  /** Pictures that are asked about. */
  readonly sampleCount: number;
  readonly question: string;
  /** Validations without a better loss after which the run ends with its best projection, 0 for never. */
  readonly patience: number;
  /** Threads of the engine, null for one per processor. Part of the numbers: recorded and kept by a resume. */
  readonly threads: number | null;
  /** Where TensorFlow.js computes, null for the first that works. Recorded and kept by a resume. */
  readonly backend: 'gpu' | 'wasm' | 'cpu' | null;
}

/** Whether training starts from random weights. */
export function isFresh({ projection }: Pick<TrainConfig, 'projection'>): boolean {
  return projection === 'random' || projection === 'matched';
}

const positive = z.number().positive();
const count = z.int().positive();
const countOrZero = z.int().nonnegative();

const datasetSchema = z.strictObject({
  data: z.array(z.string()),
  ratio: z.number().nonnegative(),
  batchSize: count,
  caption: z.enum(['blip', 'verbatim']),
  maxWords: count,
});

const schema = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/),
  stage: z.enum(['stage1', 'stage2']),
  model: z.string().min(1),
  languageModel: z.string().min(1).nullable(),
  languageWeights: z.enum(['as stored', 'float16', 'int16', 'int8', 'int4']).nullable(),
  projection: z.string().min(1),
  datasets: z.array(datasetSchema).min(1),
  validation: z.array(z.string()),
  accumulate: count,
  microBatch: count,
  steps: count,
  schedule: z.strictObject({
    initLr: positive,
    minLr: z.number().nonnegative(),
    warmupLr: z.number(),
    warmupSteps: countOrZero,
    maxEpoch: count,
    itersPerEpoch: count,
  }),
  optimizer: z.strictObject({
    weightDecay: z.number().nonnegative(),
    beta1: z.number().min(0).lt(1),
    beta2: z.number().min(0).lt(1),
    epsilon: positive,
    maxGradientNorm: positive.nullable(),
  }),
  template: z.strictObject({ prompt: z.string().nullable(), endSymbol: z.string().nullable() }),
  instructions: z.array(z.string()),
  maxTextLength: count,
  augment: z.enum(['none', 'crop']),
  cache: z.boolean(),
  seed: z.int(),
  logEvery: count,
  saveEvery: count,
  validateEvery: countOrZero,
  sampleEvery: countOrZero,
  sampleCount: countOrZero,
  question: z.string(),
  patience: countOrZero,
  threads: count.nullable(),
  backend: z.enum(['gpu', 'wasm', 'cpu']).nullable(),
}) satisfies z.ZodType<TrainConfig>;

/**
 * The same value, if it is a whole and sensible configuration.
 * @throws `CONFIG_INVALID` with everything that is wrong at once
 */
export function checkConfig(value: unknown): TrainConfig {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw invalid(parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the whole'}: ${message}`));
  }
  const { template, instructions } = parsed.data;
  const hasPlace = template.prompt === null || template.prompt.includes('{}');
  if (hasPlace && instructions.length === 0) {
    throw invalid(['instructions: template.prompt has a place for one, expected at least one, got none']);
  }
  return parsed.data;
}

function invalid(problems: readonly string[]): MiniGPT4Error {
  return new MiniGPT4Error(
    'CONFIG_INVALID',
    `training configuration: ${problems.join('; ')}. Correct it; "config print" shows where each value comes from.`,
  );
}
