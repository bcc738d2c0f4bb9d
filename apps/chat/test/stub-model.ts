import { setTimeout as sleep } from 'node:timers/promises';
import { decodeImage, type DecodeOptions } from '@minigpt4/vision-encoder';
import { type Answer, type AnswerOptions, type ChatModel, type ImageSource } from 'minigpt4';
import { AnswerStream, ImageEmbeddings } from 'minigpt4/chat';

/** How a {@link StubModel} behaves. */
export interface StubModelOptions {
  /** Pieces of every answer; a function sees the question. */
  readonly pieces?: (question: string) => readonly string[];
  /** Milliseconds before each piece. */
  readonly tokenMs?: number;
  /** Thrown after the first piece. */
  readonly failure?: Error;
}

/** A question that a {@link StubModel} was asked. */
export interface StubQuestion {
  readonly question: string;
  readonly options: AnswerOptions;
  /** What it was about: the picture itself, or that a chat had seen one. */
  readonly image: unknown;
  /** 1 for the first question of a chat. */
  readonly turn: number;
}

/** A model without weights that records what it was asked. */
export interface StubModel extends ChatModel {
  readonly asked: StubQuestion[];
  readonly encoded: ImageSource[];
  /** What was disposed, in order. */
  readonly disposed: string[];
}

/** A stub that answers with fixed pieces. */
export function stubModel(options: StubModelOptions = {}): StubModel {
  const asked: StubQuestion[] = [];
  const encoded: ImageSource[] = [];
  const disposed: string[] = [];

  const answer = (entry: StubQuestion): AnswerStream => {
    asked.push(entry);
    return streamOf(entry, options);
  };
  const encodeImage = async (image: ImageSource, decoding?: DecodeOptions) => {
    const pixels = image instanceof Uint8Array ? await decodeImage(image, decoding) : image;
    encoded.push(pixels);
    const picture = typeof pixels === 'string' ? {} : { picture: { width: pixels.width, height: pixels.height } };
    return new ImageEmbeddings(new Float32Array(1), 1, picture);
  };
  const dispose = async () => void disposed.push('model');
  const chat = () => {
    let turn = 0;
    let image: unknown;
    return {
      async addImage(added: unknown) {
        image = added instanceof ImageEmbeddings ? 'embeddings' : added;
      },
      ask: (question: string, answerOptions: AnswerOptions = {}) =>
        answer({ question, options: answerOptions, image, turn: ++turn }),
      dispose: () => void disposed.push('chat'),
    };
  };
  const stub = {
    name: 'stub',
    asked,
    encoded,
    disposed,
    encodeImage,
    chat,
    stream: (image: unknown, question: string, answerOptions: AnswerOptions = {}) =>
      answer({ question, options: answerOptions, image, turn: 1 }),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
  return stub as unknown as StubModel;
}

function streamOf({ question, options }: StubQuestion, behaviour: StubModelOptions): AnswerStream {
  const { pieces = () => ['It is ', 'a red ', 'heart.'], tokenMs = 0, failure } = behaviour;

  async function* answer(signal: AbortSignal): AsyncGenerator<string, Answer> {
    const written: string[] = [];
    for (const piece of pieces(question)) {
      if (tokenMs > 0) await sleep(tokenMs);
      if (failure && written.length > 0) throw failure;
      if (signal.aborted) break;
      written.push(piece);
      yield piece;
    }
    return {
      text: written.join(''),
      ids: written.map((_, index) => index),
      finishReason: signal.aborted ? 'abort' : 'stop',
      usage: { promptTokens: 30, imageTokens: 12, cachedTokens: 0, completionTokens: written.length },
      timings: { imageMs: 5, prefillMs: 10, firstTokenMs: 12, decodeMs: 20, tokensPerSecond: 150 },
    };
  }
  return new AnswerStream(answer, options.signal);
}
