export { mergeHeads, scaledDotProductAttention, splitHeads } from './attention.js';
export { crossEntropy } from './cross-entropy.js';
export { embedding } from './embedding.js';
export { layerNorm } from './layer-norm.js';
export { linear, type LinearOptions } from './linear.js';
export { Params, type Layer, type RequestedParameter } from './params.js';
export { patchEmbedding } from './patch-embedding.js';
export { rmsNorm } from './rms-norm.js';
export { rotary, type Rotate, type RotaryConfig } from './rotary.js';
