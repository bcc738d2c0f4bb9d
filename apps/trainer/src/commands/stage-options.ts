import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import type { WeightStorage } from '@minigpt4/onnx-session';
import { type Command, Option } from 'commander';
import { presetNames } from 'minigpt4';
import { builtInConfigs } from '../configs/built-in-configs.js';
import { type ConfigLayer, type ResolvedConfig, resolveConfig } from '../config/resolve-config.js';
import { type DatasetConfig, isFresh, type TrainConfig } from '../config/train-config.js';
import { type CommandContext, typedPath } from '../command-line/command-context.js';
import {
  collectSettings,
  collectShares,
  type MixtureShare,
  positiveNumber,
  wholeNumber,
} from '../command-line/parse-values.js';
import { defaultData } from '../data/default-data.js';

/** Flags that decide what a run computes. */
export interface StageFlags {
  readonly config: string;
  readonly data?: readonly string[];
  readonly mix?: readonly MixtureShare[];
  readonly validation?: readonly string[];
  readonly model?: string;
  readonly languageModel?: string;
  readonly projection?: string;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly scheduleSteps?: number;
  readonly cache: boolean;
  readonly set?: Readonly<Record<string, unknown>>;
  /** Flags whose names are those of the configuration. */
  readonly [name: string]: unknown;
}

/** Flags that set the value of the same name. */
const plain = {
  steps: ['--steps <n>', 'where the run ends'],
  accumulate: ['--accumulate <n>', 'batches that one step sums up'],
  microBatch: ['--micro-batch <n>', 'samples in the language model at a time: less needs less memory'],
  seed: ['--seed <n>', 'decides about weights, order and instructions'],
  saveEvery: ['--save-every <n>', 'steps between two saved states'],
  logEvery: ['--log-every <n>', 'steps between two lines of the log'],
  validateEvery: ['--validate-every <n>', 'steps between two validations, 0 for none'],
  sampleEvery: ['--sample-every <n>', 'steps between two rounds of sample answers, 0 for none'],
  patience: ['--patience <n>', 'validations without a better loss before the run ends, 0 for never'],
  threads: ['--threads <n>', 'CPU threads of the engine'],
} as const;

/** Flags with choices that do so. */
const chosen = { augment: ['--augment'], backend: ['--backend'], languageWeights: ['--language-weights'] } as const;

const weightStorages = ['as stored', 'float16', 'int16', 'int8', 'int4'] satisfies WeightStorage[];

const zeroAllowed = new Set(['seed', 'validateEvery', 'sampleEvery', 'patience']);

/** Adds the flags of {@link StageFlags} to a command. */
export function addStageOptions(command: Command): Command {
  command
    .option('--config <name|file>', 'tiny, original, or a .yaml file of the original', 'tiny')
    .option('--data <path...>', 'tars, folders or lists of pictures with captions, as one set')
    .addOption(
      new Option('--mix <ratio=path...>', 'several sets, each step from one of them by its ratio')
        .argParser(collectShares)
        .conflicts('data'),
    )
    .option('--validation <path...>', 'data that is never trained on')
    .option('--model <name|folder>', 'the frozen parts')
    .option('--language-model <file|folder>', "a language model in place of the model's own: GGUF or Hugging Face")
    .addOption(
      new Option('--language-weights <how>', 'how training holds its weights (default: as the file has them)').choices(
        weightStorages,
      ),
    )
    .option('--projection <file>', 'start from a trained projection; "random" or "matched" for a fresh one')
    .option('--batch-size <n>', 'samples of one batch', wholeNumber(1))
    .option('--learning-rate <rate>', 'the highest; the lowest and the first keep their relation to it', positiveNumber)
    .option('--schedule-steps <n>', 'steps the learning rate is laid out over', wholeNumber(1))
    .addOption(new Option('--augment <how>', 'crop: a random part of each picture').choices(['none', 'crop']))
    .option('--no-cache', 'compute features at every step')
    .addOption(new Option('--backend <name>', 'where TensorFlow.js computes').choices(['gpu', 'wasm', 'cpu']))
    .option('--set <name=value...>', 'any other value, see "config print"', collectSettings);
  for (const [name, [flag, text]] of Object.entries(plain)) {
    command.option(flag, text, wholeNumber(zeroAllowed.has(name) ? 0 : 1));
  }
  return command;
}

/**
 * The configuration that flags ask for, with absolute paths.
 * @throws `CONFIG_UNKNOWN`, `CONFIG_INVALID`, `DATA_MISSING`, `PROJECTION_MISSING`
 */
export function configFrom(stage: TrainConfig['stage'], flags: StageFlags, context: CommandContext): ResolvedConfig {
  const { directory } = context;
  const resolved = resolveConfig({
    stage,
    config: flags.config,
    directory,
    layers: layersFrom(stage, flags, context),
    changeDatasets: datasets => changedDatasets(datasets, flags, context),
  });
  return withStart(withData(withRate(resolved, flags), context), flags, context);
}

function layersFrom(stage: TrainConfig['stage'], flags: StageFlags, context: CommandContext): ConfigLayer[] {
  const layer = (source: string, values: Record<string, unknown>) => ({ source, values });
  const layers: ConfigLayer[] = [];
  if (flags.languageModel !== undefined)
    layers.push(languageModelLayer(typedPath(context, flags.languageModel), stage));
  for (const [name, value] of Object.entries(flags.set ?? {})) layers.push(layer('--set', { [name]: value }));
  for (const [name, [flag]] of Object.entries({ ...plain, ...chosen })) {
    if (flags[name] !== undefined) layers.push(layer(flag.split(' ')[0]!, { [name]: flags[name] }));
  }
  if (!flags.cache) layers.push(layer('--no-cache', { cache: false }));
  if (flags.validation) {
    layers.push(layer('--validation', { validation: flags.validation.map(path => typedPath(context, path)) }));
  }
  if (flags.model !== undefined) {
    const isPreset = presetNames().includes(flags.model);
    layers.push(layer('--model', { model: isPreset ? flags.model : typedPath(context, flags.model) }));
  }
  if (flags.projection !== undefined) {
    const fresh = isFresh({ projection: flags.projection });
    layers.push(layer('--projection', { projection: fresh ? flags.projection : typedPath(context, flags.projection) }));
  }
  if (flags.scheduleSteps !== undefined) {
    const values = { 'schedule.maxEpoch': 1, 'schedule.itersPerEpoch': flags.scheduleSteps };
    layers.push(layer('--schedule-steps', values));
  }
  return layers;
}

/** Another language model speaks in its own way, and its word embeddings have a size of their own. */
function languageModelLayer(languageModel: string, stage: TrainConfig['stage']): ConfigLayer {
  const ofStage = stage === 'stage1' ? { projection: 'matched' } : { 'template.prompt': null };
  const values = { name: nameOfRun(languageModel, stage), languageModel, 'template.endSymbol': null, ...ofStage };
  return { source: '--language-model', values };
}

function nameOfRun(languageModel: string, stage: TrainConfig['stage']): string {
  return `${basename(languageModel, '.gguf').replaceAll(/[^\w.-]/gu, '-')}-${stage}`;
}

function changedDatasets(
  datasets: readonly DatasetConfig[],
  { data, mix, batchSize }: StageFlags,
  context: CommandContext,
): readonly DatasetConfig[] {
  const first = datasets[0]!;
  const paths = (list: readonly string[]) => list.map(path => typedPath(context, path));
  const named = data
    ? [{ ...first, ratio: 1, data: paths(data) }]
    : (mix?.map(({ ratio, path }) => ({ ...first, ratio, data: paths([path]) })) ?? datasets);
  return batchSize === undefined ? named : named.map(set => ({ ...set, batchSize }));
}

function withRate(resolved: ResolvedConfig, { learningRate }: StageFlags): ResolvedConfig {
  if (learningRate === undefined) return resolved;
  const { schedule } = resolved.config;
  const scale = learningRate / schedule.initLr;
  const scaled = {
    ...schedule,
    initLr: learningRate,
    minLr: schedule.minLr * scale,
    warmupLr: schedule.warmupLr * scale,
  };
  const sources = new Map(resolved.sources);
  for (const name of ['initLr', 'minLr', 'warmupLr']) sources.set(`schedule.${name}`, '--learning-rate');
  return { ...resolved, config: { ...resolved.config, schedule: scaled }, sources };
}

function withData(resolved: ResolvedConfig, { environment }: CommandContext): ResolvedConfig {
  const { config } = resolved;
  if (config.datasets.every(({ data }) => data.length > 0)) return resolved;
  const { training, validation } = defaultData(config.stage, environment);
  const datasets = config.datasets.map(set => (set.data.length > 0 ? set : { ...set, data: training }));
  const hasOwn = config.validation.length > 0;
  const sources = new Map([...resolved.sources, ['datasets', 'data emoji']]);
  if (!hasOwn) sources.set('validation', 'data emoji');
  return { ...resolved, config: { ...config, datasets, validation: hasOwn ? config.validation : validation }, sources };
}

/** Stage 2 goes on from stage 1: from what was named, else from where a run of stage 1 leaves it. */
function withStart(resolved: ResolvedConfig, flags: StageFlags, context: CommandContext): ResolvedConfig {
  const { config, sources } = resolved;
  if (config.stage === 'stage1' || !isFresh(config) || flags.projection !== undefined) return resolved;
  const { languageModel } = config;
  const before =
    languageModel === null ? builtInConfigs[flags.config]?.stage1.name : nameOfRun(languageModel, 'stage1');
  const path = before === undefined ? undefined : join(defaultOutput(context, before), 'projection.safetensors');
  if (path === undefined || !existsSync(path)) {
    throw new MiniGPT4Error(
      'PROJECTION_MISSING',
      `stage2: nothing to start from, expected the projection of stage 1, got none${path === undefined ? '' : ` in ${path}`}. Run stage1 first, or pass --projection FILE ("random" to start afresh).`,
    );
  }
  return {
    ...resolved,
    config: { ...config, projection: path },
    sources: new Map([...sources, ['projection', 'stage 1']]),
  };
}

/** Where a run goes unless it is told otherwise. */
export function defaultOutput(context: CommandContext, name: string): string {
  return typedPath(context, join('runs', name));
}
