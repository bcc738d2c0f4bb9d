import { alignmentInstructions, trainingTemplates } from '@minigpt4/prompt-templates';
import type { TrainConfig } from '../config/train-config.js';
import { stage1 } from './stage1.js';

/** Stage 2 as the original trains it: curated descriptions after one of four instructions (`minigpt4_stage2_finetune.yaml`). */
export const stage2: TrainConfig = {
  ...stage1,
  name: 'stage2',
  stage: 'stage2',

  datasets: [{ data: [], ratio: 1, batchSize: 12, caption: 'verbatim', maxWords: 50 }],
  microBatch: 4,

  steps: 1000,
  schedule: { initLr: 3e-5, minLr: 1e-5, warmupLr: 1e-6, warmupSteps: 200, maxEpoch: 5, itersPerEpoch: 200 },

  template: trainingTemplates.vicuna,
  instructions: alignmentInstructions,
  maxTextLength: 160,

  logEvery: 10,
  saveEvery: 100,
  validateEvery: 100,
  sampleEvery: 200,
};
