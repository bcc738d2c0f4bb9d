import type { Answer, AnswerOptions, ChatOptions, DecodeOptions, LoadOptions, ModelDescription, Turn } from 'minigpt4';
import type { ChatModel } from 'minigpt4/chat';
import type { SentError } from './sent-error.js';

/** Pieces of an answer that may be on their way before the reader has taken any of them. */
export const pieceWindow = 32;

/** How a model is loaded: what `loadMiniGPT4` takes, without what cannot be sent to another process. */
export type EngineLoadOptions = Omit<LoadOptions, 'onProgress' | 'encoder' | 'language' | 'concurrent'>;

/** An encoded picture as it is sent; (tokens, width) numbers and what is known of them. */
export interface SentImage {
  readonly data: Float32Array;
  readonly tokens: number;
  readonly encodeMs: number;
  readonly picture?: { readonly width: number; readonly height: number };
}

/** What a chat holds, in order: pictures, and questions with their answers and the ids that these were said in. */
export type HistoryEntry =
  | { readonly image: SentImage }
  | { readonly turn: Turn; readonly ids: readonly number[] | undefined };

/** Where the child finds a picture: in a file, or in the parts that were sent before, encoded or as pixels. */
export type PictureSource =
  | { readonly path: string }
  | { readonly encoded: true }
  | { readonly pixels: { readonly width: number; readonly height: number } };

/** Settings of an answer that can be sent: all but functions. */
export type SentAnswerOptions = Omit<AnswerOptions, 'signal' | 'processors'>;

/** Loads the model; the first message of all. */
export interface LoadMessage {
  readonly type: 'load';
  readonly model: string | ModelDescription;
  readonly options: EngineLoadOptions;
  /** Resident bytes at which the child gives up. */
  readonly memoryLimit: number | undefined;
}

/** A picture to encode, whose parts have been sent. */
export interface EncodeMessage {
  readonly type: 'encode';
  readonly request: number;
  readonly source: PictureSource;
  readonly options: DecodeOptions | undefined;
}

/** A question; the child first takes what it does not have of the chat. */
export interface AskMessage {
  readonly type: 'ask';
  readonly request: number;
  readonly chat: number;
  readonly chatOptions: ChatOptions;
  readonly missing: readonly HistoryEntry[];
  readonly question: string;
  readonly options: SentAnswerOptions;
}

/** What the parent sends. Keys and values of attention never travel. */
export type ToChild =
  | LoadMessage
  /** A part of the picture that the request is about. */
  | { readonly type: 'part'; readonly request: number; readonly bytes: Uint8Array }
  | EncodeMessage
  | AskMessage
  /** The reader took so many pieces: as many more may be sent. */
  | { readonly type: 'more'; readonly request: number; readonly pieces: number }
  | { readonly type: 'cancel'; readonly request: number }
  /** Frees what the child holds of a chat. */
  | { readonly type: 'forget'; readonly chat: number }
  | { readonly type: 'measure'; readonly request: number }
  /** Frees everything and ends the child. */
  | { readonly type: 'stop' };

/** What the child sends about one request; all but a piece end it. */
export type Reply =
  | { readonly type: 'piece'; readonly request: number; readonly text: string }
  | { readonly type: 'answered'; readonly request: number; readonly answer: Answer }
  | { readonly type: 'encoded'; readonly request: number; readonly image: SentImage }
  | { readonly type: 'measured'; readonly request: number; readonly residentBytes: number }
  | { readonly type: 'failed'; readonly request: number; readonly error: SentError };

/** What the child sends. */
export type FromChild =
  | Reply
  | { readonly type: 'progress'; readonly message: string }
  | { readonly type: 'loaded'; readonly name: string; readonly config: ChatModel['config'] }
  | { readonly type: 'unloadable'; readonly error: SentError }
  /** Memory ran over the limit: the child is about to end itself. */
  | { readonly type: 'leaving'; readonly residentBytes: number };
