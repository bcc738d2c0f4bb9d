import type { ModelSizes } from '../src/checkpoints/model-presets.js';

/** A whole model of the smallest sizes, with one layer of everything that there are kinds of. */
export const smallSizes = {
  llm: {
    width: 32,
    intermediateWidth: 64,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    headSize: 8,
    vocabularySize: 272,
    rmsNormEpsilon: 2 ** -20, // what single precision holds too
    ropeTheta: 10000,
    maxPositions: 512,
    tiedHead: false,
  },
  eyes: {
    vision: {
      imageSize: 8,
      patchSize: 2,
      width: 12,
      depth: 2,
      heads: 3,
      mlpWidth: 53,
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
  },
  projectionFile: 'projection.pth',
} satisfies ModelSizes;
