import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { alignmentInstructions } from '@minigpt4/prompt-templates';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/make-set.js';
import { tinyStage1 } from '../configs/tiny-stage1.js';
import { type ConfigLayer, resolveConfig } from './resolve-config.js';

const firstStage = `
model:
  arch: minigpt4
  model_type: pretrain_vicuna0
  llama_model: /models/vicuna
datasets:
  laion:
    batch_size: 64
    vis_processor: {train: {name: blip2_image_train, image_size: 224}}
    text_processor: {train: {name: blip_caption}}
    sample_ratio: 115
    build_info:
      storage: laion/{00000..10488}.tar
  cc_sbu:
    batch_size: 32
    text_processor: {train: {name: blip_caption, max_words: 20}}
    sample_ratio: 14
    build_info:
      storage: /cc/{00000..01255}.tar
run:
  task: image_text_pretrain
  lr_sched: linear_warmup_cosine_lr
  init_lr: 1e-4
  min_lr: "8e-5"
  warmup_lr: 1e-6
  weight_decay: 0.05
  max_epoch: 4
  iters_per_epoch: 5000
  warmup_steps: 5000
  num_workers: 4
  seed: 42
  output_dir: output/minigpt4_stage1_pretrain
  amp: True
  resume_ckpt_path: null
  evaluate: False
  train_splits: [train]
  device: cuda
  world_size: 1
  dist_url: env://
  distributed: True
  wandb_log: False
  job_name: minigpt4_pretrain
`;

const secondStage = `
model:
  arch: mini_gpt4
  model_type: pretrain_vicuna
  freeze_vit: True
  max_txt_len: 160
  end_sym: '###'
  prompt_path: prompts/alignment.txt
  prompt_template: '###Human: {} ###Assistant: '
  ckpt: stage1.pth
datasets:
  cc_sbu_align:
    text_processor: {train: {name: blip_caption}}
run: {lr_sched: linear_warmup_cosine_lr, init_lr: 3e-5, min_lr: 1e-5, warmup_lr: 1e-6, weight_decay: 0.05, max_epoch: 5, iters_per_epoch: 200, warmup_steps: 200, batch_size_train: 12, seed: 42}
`;

describe('resolveConfig', async () => {
  const directory = await temporaryFolder();
  const resolve = (stage: 'stage1' | 'stage2', config: string, ...layers: ConfigLayer[]) =>
    resolveConfig({ stage, config, directory, layers });
  const resolveText = async (stage: 'stage1' | 'stage2', yaml: string, ...layers: ConfigLayer[]) => {
    await writeFile(join(directory, 'run.yaml'), yaml);
    return resolve(stage, 'run.yaml', ...layers);
  };
  const set = (values: Record<string, unknown>): ConfigLayer => ({ source: '--set', values });

  it('knows configurations by name', () => {
    expect(resolve('stage1', 'tiny').config).toEqual(tinyStage1);
    expect(resolve('stage2', 'original').config).toMatchObject({ stage: 'stage2', steps: 1000 });
  });

  it('lays values over each other and remembers where each comes from', () => {
    const { config, sources } = resolve('stage1', 'tiny', set({ 'optimizer.beta2': 0.98, seed: 1 }), {
      source: '--seed',
      values: { seed: 2 },
    });
    expect(config).toMatchObject({ seed: 2, optimizer: { beta1: 0.9, beta2: 0.98 } });
    expect(['seed', 'optimizer.beta2', 'steps'].map(name => sources.get(name))).toEqual([
      '--seed',
      '--set',
      'built-in tiny',
    ]);
  });

  it('stretches the schedule of a longer run and leaves that of a shorter one', () => {
    expect(resolve('stage1', 'tiny', set({ steps: 9000 })).config.schedule.itersPerEpoch).toBe(9000);
    expect(resolve('stage1', 'tiny', set({ steps: 100 })).config.schedule.itersPerEpoch).toBe(2555);
  });

  it("reads the original's first stage", async () => {
    const { config, warnings } = await resolveText('stage1', firstStage);
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      name: 'run',
      steps: 20_000,
      schedule: { initLr: 1e-4, minLr: 8e-5, warmupLr: 1e-6, warmupSteps: 5000, maxEpoch: 4, itersPerEpoch: 5000 },
      template: { prompt: '', endSymbol: '\n' },
      maxTextLength: 32,
      datasets: [
        {
          data: [join(directory, 'laion/{00000..10488}.tar')],
          ratio: 115,
          batchSize: 64,
          caption: 'blip',
          maxWords: 50,
        },
        { data: ['/cc/{00000..01255}.tar'], ratio: 14, batchSize: 32, caption: 'blip', maxWords: 20 },
      ],
    });
  });

  it("reads the original's second stage, of both releases", async () => {
    const { config } = await resolveText('stage2', secondStage);
    expect(config).toMatchObject({
      projection: join(directory, 'stage1.pth'),
      steps: 1000,
      template: { prompt: '###Human: {} ###Assistant: ', endSymbol: '###' },
      instructions: alignmentInstructions,
      maxTextLength: 160,
      datasets: [{ batchSize: 12, caption: 'verbatim' }],
    });
  });

  it('takes instructions from the file that is named', async () => {
    await mkdir(join(directory, 'prompts'), { recursive: true });
    await writeFile(join(directory, 'prompts', 'mine.txt'), 'a remark\n<Img><ImageHere></Img> What is it?\n');
    const { config } = await resolveText('stage2', secondStage.replace('alignment.txt', 'mine.txt'));
    expect(config.instructions).toEqual(['<Img><ImageHere></Img> What is it?']);
    await expect(resolveText('stage2', secondStage.replace('alignment.txt', 'absent.txt'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('names all unknown keys in one warning', async () => {
    const misspelt = firstStage.replace('max_epoch', 'max_epochs').replace('sample_ratio: 14', 'sample_ration: 14');
    const { warnings } = await resolveText('stage1', misspelt);
    expect(warnings).toEqual([expect.stringContaining('datasets.cc_sbu.sample_ration, run.max_epochs')]);
  });

  it.each([
    ['the vision encoder trained', secondStage.replace('freeze_vit: True', 'freeze_vit: False'), 'CONFIG_UNSUPPORTED'],
    ['another schedule', secondStage.replace('cosine_lr', 'step_lr'), 'CONFIG_UNSUPPORTED'],
    ['a run to resume', firstStage.replace('resume_ckpt_path: null', 'resume_ckpt_path: x.pth'), 'CONFIG_UNSUPPORTED'],
    ['a text for a number', secondStage.replace('init_lr: 3e-5', 'init_lr: fast'), 'CONFIG_INVALID'],
    ['a list for a mapping', 'model: [1]', 'CONFIG_INVALID'],
    ['no YAML', 'model: {', 'CONFIG_INVALID'],
  ])('refuses %s', async (_, yaml, code) => {
    await expect(resolveText('stage2', yaml)).rejects.toMatchObject({ code });
  });

  it('reports everything that is wrong with a configuration at once', () => {
    const wrong = set({ steps: -1, sedd: 3, 'optimizer.beta1': 1 });
    expect(() => resolve('stage1', 'tiny', wrong)).toThrow(/steps: .*optimizer\.beta1: .*sedd/u);
  });

  it('says what it knows when it does not know a name', () => {
    expect(() => resolve('stage1', 'tyni')).toThrow(/expected tiny, original or .*"tyni"/u);
  });
});
