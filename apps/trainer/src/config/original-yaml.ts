import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { alignmentInstructions, readPromptLines } from '@minigpt4/prompt-templates';
import { parse } from 'yaml';
import type { DatasetConfig } from './train-config.js';
import { YamlSection } from './yaml-section.js';

/** What a YAML file of the original says, under our names. */
export interface OriginalYaml {
  /** Values by dotted name, as `--set` takes them. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Keys that mean nothing to the original's code nor here. */
  readonly unknownKeys: readonly string[];
}

// of the original's code, without a meaning for a frozen ONNX graph on this machine
const ignored = {
  model:
    'arch model_type vit_model q_former_model image_size num_query_token llama_model drop_path_rate use_grad_checkpoint vit_precision has_qformer low_resource device_8bit prompt lora_r lora_alpha chat_template use_grad_checkpoint_llm max_context_len'.split(
      ' ',
    ),
  run: 'task runner lr_decay_rate num_workers output_dir amp evaluate train_splits valid_splits test_splits use_dist_eval_sampler device world_size dist_url distributed wandb_log job_name name save_path rank gpu dist_backend batch_size_eval'.split(
    ' ',
  ),
  dataset: ['type', 'data_type', 'vis_processor'],
};

/**
 * Reads a training configuration of the original, such as `minigpt4_stage1_pretrain.yaml`. What it leaves out has the
 * defaults of the original's classes. Paths, that of the prompts included, are relative to `directory`.
 *
 * @throws `CONFIG_INVALID` for a file that is no such configuration, `CONFIG_UNSUPPORTED` for one that trains other parts
 * than the projection or by another schedule
 */
export function readOriginalYaml(file: string, directory: string): OriginalYaml {
  const whole = new YamlSection(parseYaml(file), file);
  const [model, datasets, run] = [whole.section('model'), whole.section('datasets'), whole.section('run')];
  for (const [section, keys] of [
    [model, ignored.model],
    [run, ignored.run],
  ] as const) {
    section.ignore(...keys);
  }
  refuseUnsupported(file, model, run);
  const values = {
    ...modelValues(model, directory),
    ...runValues(run),
    datasets: datasets.keys().map(name => datasetOf(name, datasets.section(name), { run, directory })),
  };
  whole.ignore('evaluation_datasets', 'preprocess');
  return { values: withoutUndefined(values), unknownKeys: whole.unknown() };
}

function parseYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8')) as unknown;
  } catch (cause) {
    const got = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new MiniGPT4Error(
      'CONFIG_INVALID',
      `${file}: cannot be read, expected a YAML file with model, datasets and run, got "${got}". Check the path and the file.`,
      { cause },
    );
  }
}

function refuseUnsupported(file: string, model: YamlSection, run: YamlSection): void {
  const unsupported = (what: string, fix: string) =>
    new MiniGPT4Error('CONFIG_UNSUPPORTED', `${file}: ${what}, expected what the two stages need. ${fix}`);
  for (const key of ['freeze_vit', 'freeze_qformer']) {
    if (model.keys().includes(key) && !model.isSet(key)) {
      throw unsupported(`model.${key} is false`, 'Only the projection is trained here: set it to True.');
    }
    model.ignore(key);
  }
  const schedule = run.text('lr_sched') ?? 'linear_warmup_cosine_lr';
  if (schedule !== 'linear_warmup_cosine_lr') {
    throw unsupported(`run.lr_sched is ${schedule}`, 'Use linear_warmup_cosine_lr.');
  }
  if (run.isSet('resume_ckpt_path')) {
    throw unsupported('run.resume_ckpt_path is set', 'Leave it out and pass --resume.');
  }
}

function modelValues(model: YamlSection, directory: string): Record<string, unknown> {
  const checkpoint = model.text('ckpt');
  const promptPath = model.text('prompt_path');
  const template = model.text('prompt_template');
  return {
    projection: checkpoint && resolve(directory, checkpoint),
    maxTextLength: model.number('max_txt_len') ?? 32,
    'template.endSymbol': model.text('end_sym') ?? '\n',
    // without a list of prompts the original uses no template either
    'template.prompt': (promptPath && template) ?? '',
    instructions: promptPath === undefined ? [] : readInstructions(promptPath, directory),
  };
}

function readInstructions(promptPath: string, directory: string): readonly string[] {
  const file = resolve(directory, promptPath);
  if (existsSync(file)) return readPromptLines(readFileSync(file, 'utf8'));
  if (basename(file) === 'alignment.txt') return alignmentInstructions;
  throw new MiniGPT4Error(
    'CONFIG_INVALID',
    `model.prompt_path: no such file, expected a list of prompts, got ${file}. Check the path; prompts/alignment.txt is known without a file.`,
  );
}

function runValues(run: YamlSection): Record<string, unknown> {
  const [maxEpoch, itersPerEpoch] = [run.number('max_epoch'), run.number('iters_per_epoch')];
  return {
    'schedule.initLr': run.number('init_lr'),
    'schedule.minLr': run.number('min_lr'),
    'schedule.warmupLr': run.number('warmup_lr') ?? -1,
    'schedule.warmupSteps': run.number('warmup_steps') ?? 0,
    'schedule.maxEpoch': maxEpoch,
    'schedule.itersPerEpoch': itersPerEpoch,
    steps: maxEpoch && itersPerEpoch && maxEpoch * itersPerEpoch,
    'optimizer.weightDecay': run.number('weight_decay'),
    'optimizer.beta2': run.number('beta2') ?? 0.999,
    accumulate: run.number('accum_grad_iters') ?? 1,
    logEvery: run.number('log_freq') ?? 50,
    seed: run.number('seed'),
  };
}

interface DatasetSurroundings {
  readonly run: YamlSection;
  readonly directory: string;
}

function datasetOf(name: string, section: YamlSection, { run, directory }: DatasetSurroundings): DatasetConfig {
  section.ignore(...ignored.dataset);
  const build = section.section('build_info');
  build.ignore('annotations', 'images');
  const text = section.section('text_processor');
  text.ignore('eval');
  const processor = text.section('train');
  processor.ignore('name', 'prompt');
  // the original names a processor for its curated set and does not apply it
  const isVerbatim = name === 'cc_sbu_align' || processor.keys().length === 0;
  return {
    data: (build.texts('storage') ?? []).map(path => resolve(directory, path)),
    ratio: section.number('sample_ratio') ?? 1,
    batchSize: section.number('batch_size') ?? run.number('batch_size_train') ?? 64,
    caption: isVerbatim ? 'verbatim' : 'blip',
    maxWords: processor.number('max_words') ?? 50,
  };
}

function withoutUndefined(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
