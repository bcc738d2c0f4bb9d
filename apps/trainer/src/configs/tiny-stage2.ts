import type { TrainConfig } from '../config/train-config.js';
import { stage2 } from './stage2.js';

/** Stage 2 of the tiny family. */
export const tinyStage2: TrainConfig = {
  ...stage2,
  name: 'tiny-stage2',
  model: 'tiny',

  datasets: [{ data: [], ratio: 1, batchSize: 24, caption: 'verbatim', maxWords: 50 }],

  steps: 1339,
  schedule: { initLr: 1e-3, minLr: 1e-4, warmupLr: 2e-5, warmupSteps: 50, maxEpoch: 1, itersPerEpoch: 1339 },

  logEvery: 10,
  saveEvery: 250,
  validateEvery: 250,
  sampleEvery: 500,
  question: 'What is this?',
};
