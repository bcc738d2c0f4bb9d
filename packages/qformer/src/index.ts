export { blip2QFormer, readQFormerConfig, type QFormerConfig } from './config.js';
export { qformer, type QFormerOutputs } from './qformer.js';
export { renameFromHuggingFace, unusedQFormerWeights } from './weights.js';
