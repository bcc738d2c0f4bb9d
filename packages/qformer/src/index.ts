export { blip2QFormer, readQFormerConfig, type QFormerConfig } from './config.js';
export { qformer, type QFormerOutputs } from './qformer.js';
export {
  qformerCompanion,
  readQFormerCompanion,
  renameFromHuggingFace,
  type TensorDirectory,
  unusedQFormerWeights,
} from './weights.js';
