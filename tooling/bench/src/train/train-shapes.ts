import { vicuna7b, type LlamaConfig } from '@minigpt4/llm-vicuna';
import { llama1b } from '../checkpoints/model-presets.js';

/** Rows of a training step, all full: begin-of-sequence, image, text, as in stage 1. */
export const trainBatch = { rows: 8, imageTokens: 32, textTokens: 32 };

/** A frozen language model that a step is measured through. */
export interface TrainShape {
  readonly config: LlamaConfig;
  /** Where the whole model is too large: the shape with one layer less, and the layers that both are extrapolated to. */
  readonly extrapolate?: { readonly from: string; readonly layers: number };
}

const smollm2: LlamaConfig = {
  width: 576,
  intermediateWidth: 1536,
  layers: 30,
  heads: 9,
  kvHeads: 3,
  headSize: 64,
  vocabularySize: 49152,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 100_000,
  maxPositions: 2048,
  tiedHead: true,
};

/** The named models that `bench train` runs. */
export const trainShapes: Readonly<Record<string, TrainShape>> = {
  'smollm2-135m': { config: smollm2 },
  'llama-1.1b': { config: llama1b },
  'vicuna-7b 1 layer': { config: { ...vicuna7b, layers: 1 } },
  'vicuna-7b 2 layers': {
    config: { ...vicuna7b, layers: 2 },
    extrapolate: { from: 'vicuna-7b 1 layer', layers: vicuna7b.layers },
  },
};
