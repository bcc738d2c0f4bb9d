import { MiniGPT4Error } from '@minigpt4/core';
import type { LlamaConfig, Tokenizer } from '@minigpt4/llm-vicuna';
import { decodeImage, preprocess, readImageFile, type RgbImage } from '@minigpt4/vision-encoder';
import { AnswerStream, type Answer, type AnswerOptions } from './chat/answer.js';
import { Chat, type ChatOptions } from './chat/chat.js';
import type { MiniGPT4Config } from './config.js';
import { ImageEmbeddings } from './chat/image-embeddings.js';
import type { ImageSource } from './image-source.js';
import type { ImageEncoder } from './sessions/image-encoder.js';
import type { PromptFormat } from './language/prompt-format.js';
import { PictureBatch } from './chat/picture-batch.js';
import type { SessionLanguageModel } from './sessions/session-language-model.js';

/** The parts that {@link MiniGPT4} is put together from. */
export interface MiniGPT4Parts {
  readonly name: string;
  readonly config: LoadedConfig;
  readonly tokenizer: Tokenizer;
  /** Absent for a model that reads text alone. */
  readonly encoder?: ImageEncoder;
  readonly language: SessionLanguageModel;
  /** How chats become prompts unless they have a template. Defaults to the first release's template for Vicuna. */
  readonly format?: PromptFormat;
}

/** Sizes of a loaded model; a model that reads text alone has those of the language model only. */
export type LoadedConfig = { readonly llm: LlamaConfig } & Partial<MiniGPT4Config>;

/**
 * MiniGPT-4, loaded: image → vision encoder → Q-Former → projection → language model → text. Made by `loadMiniGPT4`;
 * dispose it to give the memory back.
 */
export class MiniGPT4 implements AsyncDisposable {
  readonly name: string;
  readonly config: LoadedConfig;
  readonly tokenizer: Tokenizer;
  readonly #encoder: ImageEncoder | undefined;
  readonly #language: SessionLanguageModel;
  readonly #format: PromptFormat | undefined;

  constructor({ name, config, tokenizer, encoder, language, format }: MiniGPT4Parts) {
    this.name = name;
    this.config = config;
    this.tokenizer = tokenizer;
    this.#encoder = encoder;
    this.#language = language;
    this.#format = format;
  }

  /** What the language model will read in the place of a picture: (tokens, width). @throws `IMAGES_UNSUPPORTED`, the errors of `decodeImage` */
  async encodeImage(image: ImageSource): Promise<ImageEmbeddings> {
    const [embeddings] = await this.encodeImages([image]);
    return embeddings!;
  }

  /** {@link encodeImage} of several pictures in one run, which is faster than one by one. */
  async encodeImages(images: readonly ImageSource[]): Promise<ImageEmbeddings[]> {
    if (images.length === 0) return [];
    const encoder = this.#requireEncoder();
    const started = performance.now();
    const planes = (await Promise.all(images.map(toPixels))).map(image => preprocess(image, encoder.config.image));
    const [first] = planes;
    const pixels = planes.length === 1 ? first! : new Float32Array(planes.length * first!.length);
    if (planes.length > 1) planes.forEach((plane, i) => pixels.set(plane, i * plane.length));
    const data = await encoder.encode(pixels, planes.length);
    const [size, milliseconds] = [data.length / planes.length, (performance.now() - started) / planes.length];
    return planes.map(
      (_, i) => new ImageEmbeddings(data.slice(i * size, (i + 1) * size), encoder.tokens, milliseconds),
    );
  }

  /** Several pictures side by side, for questions about each of them: many times faster than one chat after another. */
  async pictureBatch(images: readonly (ImageSource | ImageEmbeddings)[], options?: ChatOptions): Promise<PictureBatch> {
    const fresh = images.filter((image): image is ImageSource => !(image instanceof ImageEmbeddings));
    const encoded = await this.encodeImages(fresh);
    const embeddings = images.map(image => (image instanceof ImageEmbeddings ? image : encoded.shift()!));
    const { maxPositions } = this.config.llm;
    return new PictureBatch({ language: this.#language, tokenizer: this.tokenizer, maxPositions }, embeddings, options);
  }

  /** A new conversation. */
  chat(options?: ChatOptions): Chat {
    const encodeImage = async (image: ImageSource | ImageEmbeddings) =>
      image instanceof ImageEmbeddings ? image : this.encodeImage(image);
    const { maxPositions } = this.config.llm;
    const format = this.#format === undefined ? {} : { format: this.#format };
    const parts = { language: this.#language, tokenizer: this.tokenizer, maxPositions, encodeImage, ...format };
    return new Chat(parts, options);
  }

  /** One answer to one question, about a picture or, without one, about nothing to be seen. */
  answer(image: ImageSource | ImageEmbeddings | undefined, question: string, options?: AnswerOptions): Promise<Answer> {
    return this.stream(image, question, options).result();
  }

  /** {@link answer}, streamed. */
  stream(
    image: ImageSource | ImageEmbeddings | undefined,
    question: string,
    options: AnswerOptions = {},
  ): AnswerStream {
    return new AnswerStream(signal => this.#ask(image, question, { ...options, signal }), options.signal);
  }

  /** Frees the engine's memory; may be called again. */
  async dispose(): Promise<void> {
    await Promise.all([this.#encoder?.dispose(), this.#language.dispose()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #requireEncoder(): ImageEncoder {
    if (this.#encoder !== undefined) return this.#encoder;
    throw new MiniGPT4Error(
      'IMAGES_UNSUPPORTED',
      `${this.name}: this model reads text alone, expected a question without a picture, got one. Leave it out, or load a model directory with a vision encoder and a trained projection.`,
    );
  }

  async *#ask(
    image: ImageSource | ImageEmbeddings | undefined,
    question: string,
    options: AnswerOptions,
  ): AsyncGenerator<string, Answer> {
    const chat = this.chat();
    if (image !== undefined) await chat.addImage(image);
    const stream = chat.ask(question, options);
    yield* stream;
    return stream.result();
  }
}

async function toPixels(image: ImageSource): Promise<RgbImage> {
  if (typeof image === 'string') return decodeImage(await readImageFile(image));
  return image instanceof Uint8Array ? decodeImage(image) : image;
}
