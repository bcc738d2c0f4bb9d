import { MiniGPT4Error } from '@minigpt4/core';
import type { LlamaConfig, Tokenizer } from '@minigpt4/llm-vicuna';
import { decodeImage, readImageFile, type DecodeOptions, type RgbImage } from '@minigpt4/vision-encoder';
import { AnswerStream, type Answer, type AnswerOptions } from './chat/answer.js';
import { Chat, type ChatOptions } from './chat/chat.js';
import { conversationTemplate, type MiniGPT4Config } from './config.js';
import { ImageEmbeddings } from './chat/image-embeddings.js';
import type { ImageSource } from './image-source.js';
import type { PromptFormat } from './language/prompt-format.js';
import { PictureBatch, type PictureBatchParts } from './chat/picture-batch.js';
import type { LanguagePart, PictureEncoder } from './picture-encoder.js';

/** The parts that {@link MiniGPT4} is put together from. */
export interface MiniGPT4Parts {
  readonly name: string;
  readonly config: LoadedConfig;
  readonly tokenizer: Tokenizer;
  /** Absent for a model that reads text alone. */
  readonly encoder?: PictureEncoder;
  readonly language: LanguagePart;
  /** How chats become prompts unless they have a template. Defaults to `conversationTemplate(config)`. */
  readonly format?: PromptFormat;
}

/** What a question is about: nothing to be seen, a picture, or several in their order. */
export type Pictures = ImageSource | ImageEmbeddings | readonly (ImageSource | ImageEmbeddings)[] | undefined;

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
  /** Scores the next token after embeddings; `generate` and others of `@minigpt4/llm-vicuna` run on it. */
  readonly language: LanguagePart;
  readonly #encoder: PictureEncoder | undefined;
  readonly #parts: readonly { dispose?(): Promise<void> }[];
  readonly #format: PromptFormat | undefined;

  constructor({ name, config, tokenizer, encoder, language, format }: MiniGPT4Parts) {
    this.name = name;
    this.config = config;
    this.tokenizer = tokenizer;
    this.language = language;
    this.#encoder = encoder;
    this.#parts = encoder === undefined ? [language] : [encoder, language];
    this.#format = format;
  }

  /**
   * What the language model will read in the place of a picture: (tokens, width). The options are for paths and bytes.
   *
   * @throws `IMAGES_UNSUPPORTED`, the errors of `decodeImage`
   */
  async encodeImage(image: ImageSource, options?: DecodeOptions): Promise<ImageEmbeddings> {
    const [embeddings] = await this.encodeImages([image], options);
    return embeddings!;
  }

  /** {@link encodeImage} of several pictures in one run, which is faster than one by one. */
  async encodeImages(images: readonly ImageSource[], options?: DecodeOptions): Promise<ImageEmbeddings[]> {
    if (images.length === 0) return [];
    const encoder = this.#requireEncoder();
    const started = performance.now();
    const pictures = await Promise.all(images.map(image => toPixels(image, options)));
    const found = await encoder.encode(pictures);
    this.#checkEmbeddings(found, pictures.length);
    const encodeMs = (performance.now() - started) / pictures.length;
    return pictures.map(({ width, height }, i) => {
      const data = found[i]!;
      return new ImageEmbeddings(data, data.length / this.language.width, { encodeMs, picture: { width, height } });
    });
  }

  /** Several pictures side by side, for questions about each of them: many times faster than one chat after another. */
  async pictureBatch(images: readonly (ImageSource | ImageEmbeddings)[], options?: ChatOptions): Promise<PictureBatch> {
    const fresh = images.filter((image): image is ImageSource => !(image instanceof ImageEmbeddings));
    const encoded = await this.encodeImages(fresh);
    const embeddings = images.map(image => (image instanceof ImageEmbeddings ? image : encoded.shift()!));
    return new PictureBatch(this.#conversationParts(), embeddings, options);
  }

  /** A new conversation. */
  chat(options?: ChatOptions): Chat {
    const encodeImage = async (image: ImageSource | ImageEmbeddings) =>
      image instanceof ImageEmbeddings ? image : this.encodeImage(image);
    return new Chat({ ...this.#conversationParts(), encodeImage }, options);
  }

  /** One answer to one question, about a picture, about several in their order or, without one, about nothing to be seen. */
  answer(pictures: Pictures, question: string, options?: AnswerOptions): Promise<Answer> {
    return this.stream(pictures, question, options).result();
  }

  /** {@link answer}, streamed. */
  stream(pictures: Pictures, question: string, options: AnswerOptions = {}): AnswerStream {
    return new AnswerStream(signal => this.#ask(pictures, question, { ...options, signal }), options.signal);
  }

  /** Frees the engine's memory; may be called again. */
  async dispose(): Promise<void> {
    await Promise.all(this.#parts.map(async part => part.dispose?.()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #requireEncoder(): PictureEncoder {
    if (this.#encoder !== undefined) return this.#encoder;
    throw new MiniGPT4Error(
      'IMAGES_UNSUPPORTED',
      `${this.name}: this model reads text alone, expected a question without a picture, got one. Leave it out, or load a model directory with a vision encoder and a trained projection.`,
    );
  }

  /** An encoder of somebody else's may be mistaken. @throws `SHAPE_MISMATCH` */
  #checkEmbeddings(found: readonly Float32Array[], count: number): void {
    const { width } = this.language;
    if (found.length === count && found.every(({ length }) => length > 0 && length % width === 0)) return;
    const sizes = found.map(({ length }) => length).join(', ');
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `${this.name}: bad embeddings from the encoder, expected (tokens, ${width}) numbers for each of ${count} pictures, got [${sizes}]. Mend the encoder.`,
    );
  }

  #conversationParts(): PictureBatchParts {
    const { language, tokenizer, config } = this;
    const format = this.#format && { format: this.#format };
    const template = conversationTemplate(config);
    return { language, tokenizer, maxPositions: config.llm.maxPositions, template, ...format };
  }

  async *#ask(pictures: Pictures, question: string, options: AnswerOptions): AsyncGenerator<string, Answer> {
    const chat = this.chat();
    for (const picture of listOf(pictures)) await chat.addImage(picture);
    const stream = chat.ask(question, options);
    yield* stream;
    return stream.result();
  }
}

function listOf(pictures: Pictures): readonly (ImageSource | ImageEmbeddings)[] {
  if (pictures === undefined) return [];
  const isList = (value: typeof pictures): value is readonly (ImageSource | ImageEmbeddings)[] => Array.isArray(value);
  return isList(pictures) ? pictures : [pictures];
}

async function toPixels(image: ImageSource, options: DecodeOptions = {}): Promise<RgbImage> {
  if (typeof image === 'string') return decodeImage(await readImageFile(image, options), options);
  return image instanceof Uint8Array ? decodeImage(image, options) : image;
}
