import type { DecodeOptions } from '@minigpt4/vision-encoder';
import type { ImageSource } from '../image-source.js';
import type { LoadedConfig, Pictures } from '../minigpt4.js';
import type { Answer, AnswerOptions, AnswerStream } from './answer.js';
import type { ChatOptions, Turn } from './chat.js';
import type { ImageEmbeddings } from './image-embeddings.js';

/** A conversation with a {@link ChatModel}; `Chat` says what each of these does. */
export interface ModelChat {
  readonly turns: readonly Turn[];
  addImage(image: ImageSource | ImageEmbeddings): Promise<void>;
  addTurn(turn: Turn, ids?: readonly number[]): void;
  ask(question: string, options?: AnswerOptions): AnswerStream;
  dispose(): void;
}

/** What an app needs of a model, whether it computes in this process, as `MiniGPT4` does, or in one of its own. */
export interface ChatModel extends AsyncDisposable {
  readonly name: string;
  readonly config: LoadedConfig;
  encodeImage(image: ImageSource, options?: DecodeOptions): Promise<ImageEmbeddings>;
  chat(options?: ChatOptions): ModelChat;
  answer(pictures: Pictures, question: string, options?: AnswerOptions): Promise<Answer>;
  stream(pictures: Pictures, question: string, options?: AnswerOptions): AnswerStream;
  dispose(): Promise<void>;
}
