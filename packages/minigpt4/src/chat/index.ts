export { AnswerStream, type Answer, type AnswerOptions, type AnswerSequence, type AnswerSource } from './answer.js';
export type { ChatModel, ModelChat } from './chat-model.js';
export type { ChatOptions, Turn } from './chat.js';
export type { Pictures } from '../minigpt4.js';
export { ImageEmbeddings, type ImageEmbeddingsDetails } from './image-embeddings.js';
