import type { QFormerConfig } from '@minigpt4/qformer';
import type { MiniGPT4Config } from '../src/config.js';

/** Sizes of a whole model that is as small as its parts allow. */
export const tinyConfig: MiniGPT4Config & { readonly qformer: QFormerConfig } = {
  vision: {
    imageSize: 8,
    patchSize: 2,
    width: 12,
    depth: 2,
    heads: 3,
    mlpWidth: 20,
    layerNormEpsilon: 1e-6,
    lnVisionEpsilon: 1e-5,
  },
  qformer: {
    queries: 3,
    width: 8,
    layers: 2,
    heads: 2,
    intermediateWidth: 10,
    crossAttentionFrequency: 2,
    encoderWidth: 12,
    layerNormEpsilon: 1e-12,
  },
  llm: {
    width: 16,
    intermediateWidth: 20,
    layers: 1,
    heads: 4,
    kvHeads: 2,
    headSize: 4,
    vocabularySize: 11,
    rmsNormEpsilon: 1e-6,
    ropeTheta: 10000,
    maxPositions: 32,
    tiedHead: false,
  },
  image: { size: 8, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  endSymbol: '###',
  maxTextLength: { stage1: 32, stage2: 160 },
};

const { qformer: _, ...rest } = tinyConfig;

/** The same without a Q-Former, as the Llama-2 release. */
export const withoutQFormer: MiniGPT4Config = rest;
