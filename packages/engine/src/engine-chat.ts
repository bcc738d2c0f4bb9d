import { MiniGPT4Error } from '@minigpt4/core';
import type { ImageSource } from 'minigpt4';
import {
  AnswerStream,
  ImageEmbeddings,
  type Answer,
  type AnswerOptions,
  type ChatOptions,
  type ModelChat,
  type Turn,
} from 'minigpt4/chat';
import { deferred } from './deferred.js';
import type { EngineProcess } from './engine-process.js';
import { pieceWindow, type AskMessage, type HistoryEntry, type SentAnswerOptions } from './messages/messages.js';
import type { RequestQueue } from './limits/request-queue.js';
import type { ResidentChat, ResidentChats } from './limits/resident-chats.js';

/** What an {@link EngineChat} asks with. */
export interface EngineChatParts {
  /** The process with the model loaded. */
  readonly live: () => Promise<EngineProcess>;
  readonly encodeImage: (image: ImageSource) => Promise<ImageEmbeddings>;
  /** Bytes of keys and values that a position takes. */
  readonly positionBytes: () => number;
  readonly queue: RequestQueue;
  readonly residents: ResidentChats;
}

/** Where a chat is read: a process, and how many entries of the history are there. */
interface Reader {
  readonly process: EngineProcess;
  readonly entries: number;
}

let chats = 0;

/**
 * A conversation with an `Engine`, used as `Chat` is. Its pictures and turns are kept here, and keys and values of them
 * in the model's process: where that process is another, or has forgotten them, it reads them again.
 */
export class EngineChat implements ModelChat, ResidentChat {
  readonly turns: Turn[] = [];
  readonly #id = chats++;
  readonly #history: HistoryEntry[] = [];
  #shown: Promise<void> = Promise.resolve();
  #reader: Reader | undefined;
  #bytes = 0;
  #busy = false;
  #disposed = false;

  constructor(
    private readonly parts: EngineChatParts,
    private readonly options: ChatOptions,
  ) {}

  get busy(): boolean {
    return this.#busy;
  }

  /** Shows a picture; the next question is about it. Pictures stay in the order of the calls, and questions wait for them. */
  async addImage(image: ImageSource | ImageEmbeddings): Promise<void> {
    this.#requireIdle();
    const encoding = image instanceof ImageEmbeddings ? image : this.parts.encodeImage(image);
    const shown = Promise.all([encoding, this.#shown]).then(([{ data, tokens, encodeMs, picture }]) => {
      this.#history.push({ image: { data, tokens, encodeMs, ...(picture && { picture }) } });
    });
    // a picture that cannot be read is told to who showed it, and is no picture
    this.#shown = shown.catch(() => undefined);
    await shown;
  }

  /**
   * Takes a question and its answer as said, and the ids of the answer where they are known; the next question goes on
   * from there.
   *
   * @throws `EMPTY_QUESTION`
   */
  addTurn(turn: Turn, ids?: readonly number[]): void {
    this.#requireIdle();
    requireWords(turn.question);
    this.#record(turn, ids);
  }

  /**
   * Asks; the answer streams. A signal aborted before the answer's turn has come gives an empty answer that is not
   * recorded.
   *
   * @throws (on the first piece) `BUSY`, `ENGINE_CRASHED`, `ENGINE_STOPPED`, `INVALID_OPTION` for what cannot be sent,
   * and the errors of `Chat`; the conversation is then as before
   */
  ask(question: string, { signal, ...options }: AnswerOptions = {}): AnswerStream {
    return new AnswerStream(stopped => this.#answer(question, options, stopped), signal);
  }

  /** Frees the keys and values; the chat cannot go on. */
  dispose(): void {
    this.#disposed = true;
    this.forget();
  }

  /** Frees the keys and values; the next question reads everything again. */
  forget(): void {
    this.parts.residents.drop(this);
    void this.#reader?.process.post({ type: 'forget', chat: this.#id });
    this.#reader = undefined;
  }

  async *#answer(question: string, options: SentAnswerOptions, signal: AbortSignal): AsyncGenerator<string, Answer> {
    this.#requireIdle();
    requireWords(question);
    this.#busy = true;
    let leave: (() => void) | undefined;
    try {
      await this.#shown; // before its turn: the pictures need one themselves
      leave = await this.parts.queue.enter(signal);
      const process = leave && (await unlessAborted(this.parts.live(), signal));
      if (process === undefined) return unasked;
      this.#requireLive(); // else the process would keep what nobody frees
      const answer = yield* this.#askIn(process, { question, options }, signal);
      this.#record({ question, answer: answer.text }, answer.ids);
      if (!this.#disposed) this.#keep(process, answer);
      return answer;
    } finally {
      this.#busy = false;
      leave?.();
    }
  }

  async *#askIn(
    process: EngineProcess,
    asked: { readonly question: string; readonly options: SentAnswerOptions },
    signal: AbortSignal,
  ): AsyncGenerator<string, Answer> {
    const known = this.#reader?.process === process ? this.#reader.entries : 0;
    const missing = this.#history.slice(known);
    this.#reader = { process, entries: this.#history.length };
    this.parts.residents.use(this, this.#bytes);
    const inbox = process.open();
    const { request } = inbox;
    const cancel = () => void process.post({ type: 'cancel', request });
    try {
      post(process, { type: 'ask', request, chat: this.#id, chatOptions: this.options, missing, ...asked });
      signal.addEventListener('abort', cancel);
      if (signal.aborted) cancel();
      for (let taken = 1; ; taken++) {
        const reply = await inbox.next();
        if (reply.type === 'answered') return reply.answer;
        if (reply.type === 'piece') yield reply.text;
        if (taken % (pieceWindow / 2) === 0) void process.post({ type: 'more', request, pieces: pieceWindow / 2 });
      }
    } catch (error) {
      this.forget(); // the process may have read a part of it
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
      process.close(inbox);
    }
  }

  /** Notes what the process holds after an answer. */
  #keep(process: EngineProcess, { usage }: Answer): void {
    this.#reader = { process, entries: this.#history.length };
    this.#bytes = (usage.promptTokens + usage.completionTokens) * this.parts.positionBytes();
    this.parts.residents.use(this, this.#bytes);
  }

  #record({ question, answer }: Turn, ids: readonly number[] | undefined): void {
    this.#history.push({ turn: { question, answer }, ids });
    this.turns.push({ question, answer });
  }

  #requireLive(): void {
    if (!this.#disposed) return;
    throw new MiniGPT4Error('CHAT_DISPOSED', 'chat: disposed, expected a live chat. Start a new one.');
  }

  #requireIdle(): void {
    this.#requireLive();
    if (!this.#busy) return;
    throw new MiniGPT4Error(
      'CHAT_BUSY',
      'chat: an answer is on its way, expected one question at a time. Await its end first.',
    );
  }
}

/** What a question gives whose turn had not come when it was aborted. */
const unasked: Answer = {
  text: '',
  ids: [],
  finishReason: 'abort',
  usage: { promptTokens: 0, imageTokens: 0, cachedTokens: 0, completionTokens: 0 },
  timings: { imageMs: 0, prefillMs: 0, firstTokenMs: 0, decodeMs: 0, tokensPerSecond: 0 },
};

function requireWords(question: unknown): void {
  if (typeof question === 'string' && question.trim() !== '') return;
  throw new MiniGPT4Error(
    'EMPTY_QUESTION',
    `chat: no question, expected some words, got ${JSON.stringify(question)}. Say something.`,
  );
}

function post(process: EngineProcess, message: AskMessage): void {
  try {
    void process.post(message);
  } catch (cause) {
    throw new MiniGPT4Error(
      'INVALID_OPTION',
      `engine: an option cannot be sent to the model's process, expected plain values, got ${messageOf(cause)} Leave out functions such as processors, or load the model in this process.`,
      { cause },
    );
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What the promise gives, or undefined once the signal is aborted. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise: aborted, resolve } = deferred<undefined>();
  const stop = () => resolve(undefined);
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
