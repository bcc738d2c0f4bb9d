import { resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import type { DecodeOptions, ImageSource, ModelDescription } from 'minigpt4';
import {
  AnswerStream,
  ImageEmbeddings,
  type Answer,
  type AnswerOptions,
  type ChatModel,
  type ChatOptions,
  type Pictures,
} from 'minigpt4/chat';
import { EngineChat, type EngineChatParts } from './engine-chat.js';
import type { EngineLoadOptions } from './messages/messages.js';
import { RequestQueue } from './limits/request-queue.js';
import { ResidentChats } from './limits/resident-chats.js';
import { sendPicture } from './send-picture.js';
import { Supervisor } from './supervisor.js';

/** What {@link startEngine} starts, and how much it takes on. */
export interface EngineOptions {
  /** A preset name such as `tiny`, a model directory, a GGUF file, or a description made by `describeModel`. */
  readonly model: string | ModelDescription;
  /** How the model is loaded. Defaults to what `loadMiniGPT4` does by itself. */
  readonly load?: EngineLoadOptions;
  /** Answers and pictures at work at the same time; they take turns token by token. Defaults to 4. */
  readonly maxConcurrent?: number;
  /** Answers and pictures that may wait for these; the next one is `BUSY`. Defaults to 64. */
  readonly maxQueued?: number;
  /**
   * Keys and values of chats in MiB that are kept between their questions, 8 · layers · kvHeads · headSize bytes a
   * token; a chat that was forgotten for others is read again when it is asked. Defaults to 1024.
   */
  readonly chatMemoryMb?: number;
  /** Resident memory in MiB at which the process ends itself, to be started anew. Defaults to no limit. */
  readonly memoryLimitMb?: number;
  /** Folder that relative paths start from. Defaults to the current one. */
  readonly directory?: string;
  /** Flags of Node for the process, such as `--max-old-space-size=4096`. Defaults to none. */
  readonly nodeFlags?: readonly string[];
  /** Is told what is being loaded, a short line at a time, at each start. Defaults to nobody. */
  readonly onProgress?: (message: string) => void;
}

/** How an engine is doing. */
export interface EngineStatus {
  /** The system's number of the model's process; absent while there is none. */
  readonly pid?: number;
  /** Its resident memory in bytes, mapped files included; absent while there is none. */
  readonly residentBytes?: number;
  /** Requests at work. */
  readonly running: number;
  /** Requests that wait. */
  readonly waiting: number;
  /** Chats whose keys and values are kept. */
  readonly chats: number;
}

/**
 * A MiniGPT-4 in a process of its own, used as `MiniGPT4` is; made by {@link startEngine}. Nothing heavy happens on
 * this side. When that process ends, requests in it fail with `ENGINE_CRASHED` and the next one starts it anew; chats go
 * on where they were.
 */
export class Engine implements ChatModel {
  readonly #supervisor: Supervisor;
  readonly #parts: EngineChatParts;
  readonly #directory: string;

  constructor({ maxConcurrent = 4, maxQueued = 64, chatMemoryMb = 1024, ...options }: EngineOptions) {
    const { directory = '.', memoryLimitMb, load = {}, nodeFlags = [], onProgress = () => {} } = options;
    requireAtLeast(1, { maxConcurrent, memoryLimitMb });
    requireAtLeast(0, { maxQueued, chatMemoryMb });
    this.#directory = resolve(directory); // also for later starts, wherever this process is then
    const { model } = options;
    const process = { model, load, memoryLimitMb, directory: this.#directory, nodeFlags, onProgress };
    this.#supervisor = new Supervisor(process);
    this.#parts = {
      live: () => this.#supervisor.live(),
      encodeImage: image => this.encodeImage(image),
      positionBytes: () => keyValueBytes(this.config.llm),
      queue: new RequestQueue({ maxConcurrent, maxQueued }),
      residents: new ResidentChats(chatMemoryMb * 2 ** 20),
    };
  }

  get name(): string {
    return this.#supervisor.about.name;
  }

  get config(): ChatModel['config'] {
    return this.#supervisor.about.config;
  }

  /** Starts the process if there is none and waits for the model; every request does so by itself. */
  async start(): Promise<void> {
    await this.#supervisor.live();
  }

  /**
   * What the language model will read in the place of a picture. Files are read and decoded in the model's process; the
   * options are for paths and bytes.
   *
   * @throws `BUSY`, `ENGINE_CRASHED`, `ENGINE_STOPPED`, `IMAGES_UNSUPPORTED`, the errors of `decodeImage`
   */
  async encodeImage(image: ImageSource, options?: DecodeOptions): Promise<ImageEmbeddings> {
    const leave = await this.#parts.queue.enter();
    try {
      const source = typeof image === 'string' ? resolve(this.#directory, image) : image;
      const { data, tokens, ...details } = await sendPicture(await this.#supervisor.live(), source, options);
      return new ImageEmbeddings(data, tokens, details);
    } finally {
      leave?.();
    }
  }

  /** A new conversation. */
  chat(options: ChatOptions = {}): EngineChat {
    return new EngineChat(this.#parts, options);
  }

  /** One answer to one question about a picture, several, or nothing to be seen. */
  answer(pictures: Pictures, question: string, options?: AnswerOptions): Promise<Answer> {
    return this.stream(pictures, question, options).result();
  }

  /** {@link answer}, streamed. */
  stream(pictures: Pictures, question: string, options: AnswerOptions = {}): AnswerStream {
    return new AnswerStream(signal => this.#ask(pictures, question, { ...options, signal }), options.signal);
  }

  /** How it is doing; the memory is measured between two tokens. */
  async status(): Promise<EngineStatus> {
    const { queue, residents } = this.#parts;
    const process = this.#supervisor.current;
    const residentBytes = await process?.residentBytes();
    return {
      ...(process?.pid !== undefined && residentBytes !== undefined && { pid: process.pid, residentBytes }),
      running: queue.running,
      waiting: queue.waiting,
      chats: residents.size,
    };
  }

  /** Ends the model's process at once, whatever it does; requests in it fail with `ENGINE_STOPPED`, the next starts it anew. */
  async kill(): Promise<void> {
    await this.#supervisor.kill();
  }

  /** Ends the model's process and starts it anew; resolves when the model is loaded. Requests in it fail with `ENGINE_STOPPED`. */
  async restart(): Promise<void> {
    await this.#supervisor.restart();
  }

  /** Frees the model and ends its process; may be called again. Requests in it fail with `ENGINE_STOPPED`. */
  async dispose(): Promise<void> {
    await this.#supervisor.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async *#ask(pictures: Pictures, question: string, options: AnswerOptions): AsyncGenerator<string, Answer> {
    const chat = this.chat();
    try {
      for (const picture of listOf(pictures)) await chat.addImage(picture);
      const stream = chat.ask(question, options);
      yield* stream;
      return await stream.result();
    } finally {
      chat.dispose();
    }
  }
}

/** Bytes of the keys and values of one position, in float32. */
function keyValueBytes({ layers, kvHeads, headSize }: ChatModel['config']['llm']): number {
  return 2 * layers * kvHeads * headSize * Float32Array.BYTES_PER_ELEMENT;
}

function listOf(pictures: Pictures): readonly (ImageSource | ImageEmbeddings)[] {
  if (pictures === undefined) return [];
  return Array.isArray(pictures) ? (pictures as readonly (ImageSource | ImageEmbeddings)[]) : [pictures as ImageSource];
}

function requireAtLeast(least: number, options: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || (Number.isInteger(value) && value >= least)) continue;
    throw new MiniGPT4Error(
      'INVALID_OPTION',
      `startEngine: bad ${name}, expected an integer from ${least}, got ${value}. Change the option.`,
    );
  }
}
