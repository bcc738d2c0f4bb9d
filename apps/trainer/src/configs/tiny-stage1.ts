import type { TrainConfig } from '../config/train-config.js';
import { stage1 } from './stage1.js';

/**
 * Stage 1 of the tiny family. Its end symbol is that of stage 2, because its language model has never seen a line feed.
 * The schedule is one epoch of all steps, so that the original's formula is a ramp and then one cosine to a tenth.
 */
export const tinyStage1: TrainConfig = {
  ...stage1,
  name: 'tiny-stage1',
  model: 'tiny',

  datasets: [{ data: [], ratio: 1, batchSize: 64, caption: 'blip', maxWords: 50 }],

  steps: 2555,
  schedule: { initLr: 3e-3, minLr: 3e-4, warmupLr: 6e-5, warmupSteps: 50, maxEpoch: 1, itersPerEpoch: 2555 },

  template: { prompt: '', endSymbol: '###' },

  logEvery: 10,
  saveEvery: 250,
  validateEvery: 250,
  sampleEvery: 500,
  question: 'What is this?',
};
