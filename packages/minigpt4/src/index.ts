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
export { paddingId } from './caption/padding-id.js';
export { CaptionScorer, type CaptionScore, type ScoredCaption } from './caption/caption-scorer.js';
export { Chat, type ChatOptions, type Turn } from './chat/chat.js';
export {
  checkWidths,
  conversationTemplate,
  imageTokens,
  projectionInputWidth,
  type MiniGPT4Config,
} from './config.js';
export { ContextFullError } from './chat/prompt/context-full-error.js';
export type { ChatModel, ModelChat } from './chat/chat-model.js';
export { ImageEmbeddings } from './chat/image-embeddings.js';
export {
  imageFeatures,
  ImageEncoder,
  imageEncoderGraph,
  type ComputeOptions,
  type QuantizeParts,
} from './sessions/image-encoder.js';
export { describePaths, type LanguagePaths } from './sessions/language-paths.js';
export { loadMiniGPT4, type LoadOptions } from './load.js';
export type { ImageSource } from './image-source.js';
export { MiniGPT4, type MiniGPT4Parts, type Pictures } from './minigpt4.js';
export type { DescribeOptions, ModelDescription, ModelFiles } from './model/model-description.js';
export { describeModel, presetNames } from './model/model-directory.js';
export { openFrozenWeights, openModelWeights, verifyModelWeights } from './model/model-weights.js';
export { readConfig } from './model/read-config.js';
export type { LanguagePart, PictureEncoder } from './picture-encoder.js';
export {
  PictureBatch,
  type PictureAnswer,
  type PictureQuestion,
  type PictureQuestionOptions,
} from './chat/picture-batch.js';
export { languageModelGraphs, SessionLanguageModel } from './sessions/session-language-model.js';
