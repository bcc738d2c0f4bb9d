export { decodeImage, type DecodeOptions, type RgbImage } from '@minigpt4/vision-encoder';
export { AnswerStream, type Answer, type AnswerOptions, type AnswerSequence } from './chat/answer.js';
export { captionBatch, captionInputs, type CaptionBatch, type CaptionTexts } from './caption/caption-batch.js';
export {
  captionLoss,
  captionLossGraph,
  captionScoresGraph,
  type CaptionLoss,
  type CaptionLossOptions,
} from './caption/caption-loss.js';
export { CaptionScorer, type CaptionScore, type ScoredCaption } from './caption/caption-scorer.js';
export { Chat, type ChatOptions, type Turn } from './chat/chat.js';
export { checkWidths, imageTokens, projectionInputWidth, type MiniGPT4Config } from './config.js';
export { ImageEmbeddings } from './chat/image-embeddings.js';
export { imageFeatures, ImageEncoder, imageEncoderGraph, type ComputeOptions } from './sessions/image-encoder.js';
export { loadMiniGPT4, type LoadOptions } from './load.js';
export type { ImageSource } from './image-source.js';
export { MiniGPT4 } from './minigpt4.js';
export {
  describeModel,
  presetNames,
  readConfig,
  type ModelDescription,
  type ModelFiles,
} from './model/model-directory.js';
export { openFrozenWeights, openModelWeights, verifyModelWeights } from './model/model-weights.js';
export {
  PictureBatch,
  type PictureAnswer,
  type PictureQuestion,
  type PictureQuestionOptions,
} from './chat/picture-batch.js';
export { languageModelGraphs, SessionLanguageModel } from './sessions/session-language-model.js';
