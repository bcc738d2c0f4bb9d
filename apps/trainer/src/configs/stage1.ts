import { trainingTemplates } from '@minigpt4/prompt-templates';
import type { TrainConfig } from '../config/train-config.js';

/** Stage 1 as the original trains it: alignment on noisy captions, without a prompt (`minigpt4_stage1_pretrain.yaml`). */
export const stage1: TrainConfig = {
  name: 'stage1',
  stage: 'stage1',
  model: 'vicuna-7b',
  languageModel: null,
  languageWeights: null,
  projection: 'random',

  datasets: [{ data: [], ratio: 1, batchSize: 64, caption: 'blip', maxWords: 50 }],
  validation: [],
  accumulate: 1,
  microBatch: 8,

  steps: 20_000,
  schedule: { initLr: 1e-4, minLr: 8e-5, warmupLr: 1e-6, warmupSteps: 5000, maxEpoch: 4, itersPerEpoch: 5000 },
  optimizer: { weightDecay: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, maxGradientNorm: null },

  template: trainingTemplates.stage1,
  instructions: [],
  maxTextLength: 32,

  augment: 'none',
  cache: true,
  seed: 42,

  logEvery: 50,
  saveEvery: 500,
  validateEvery: 1000,
  sampleEvery: 1000,
  sampleCount: 8,
  question: 'Describe this image in detail.',
  patience: 0,

  threads: null,
  backend: null,
};
