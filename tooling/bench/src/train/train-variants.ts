import type { WeightStorage } from '@minigpt4/onnx-session';
import type { CaptionLossOptions } from 'minigpt4';

/** One of the ways to run a training step. */
export interface TrainVariant {
  /** What the file holds. */
  readonly file: 'float32' | 'float16';
  readonly storage: WeightStorage;
  readonly packWeights: boolean;
  readonly recompute: NonNullable<CaptionLossOptions['recompute']>;
}

const plain: TrainVariant = { file: 'float32', storage: 'as stored', packWeights: true, recompute: 'activations' };
const half: TrainVariant = { ...plain, file: 'float16', storage: 'float16' };

/** The named variants that `bench train` runs, in their order; lean ones recompute layers. */
export const trainVariants: Readonly<Record<string, TrainVariant>> = {
  float32: plain,
  'float32 unpacked': { ...plain, packWeights: false },
  'float32 lean': { ...plain, packWeights: false, recompute: 'layers' },
  float16: half,
  'float16 lean': { ...half, recompute: 'layers' },
  int16: { ...plain, storage: 'int16' },
  int8: { ...plain, storage: 'int8' },
  'int8 lean': { ...plain, storage: 'int8', recompute: 'layers' },
  int4: { ...plain, storage: 'int4' },
};
