import type { TrainConfig } from '../config/train-config.js';
import { stage1 } from './stage1.js';
import { stage2 } from './stage2.js';
import { tinyStage1 } from './tiny-stage1.js';
import { tinyStage2 } from './tiny-stage2.js';

/** The configurations that `--config` knows by name, for each stage. */
export const builtInConfigs: Readonly<Record<string, Readonly<Record<TrainConfig['stage'], TrainConfig>>>> = {
  tiny: { stage1: tinyStage1, stage2: tinyStage2 },
  original: { stage1, stage2 },
};
