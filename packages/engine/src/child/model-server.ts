import { ImageEmbeddings, type Answer, type Chat, type MiniGPT4, type RgbImage } from 'minigpt4';
import {
  pieceWindow,
  type AskMessage,
  type EncodeMessage,
  type HistoryEntry,
  type Reply,
} from '../messages/messages.js';
import { sendableError } from '../messages/sent-error.js';
import { Credit } from './credit.js';

/** An answer on its way. */
interface Answering {
  readonly abort: AbortController;
  readonly credit: Credit;
}

/** Answers requests with a loaded model; each ends in one reply that is not a piece. */
export class ModelServer {
  readonly #chats = new Map<number, Chat>();
  readonly #answering = new Map<number, Answering>();
  readonly #parts = new Map<number, Uint8Array[]>();
  readonly #pending = new Set<Promise<void>>();

  constructor(
    private readonly model: MiniGPT4,
    private readonly send: (reply: Reply) => void,
  ) {}

  /** Keeps a part of the picture that a request will be about. */
  part(request: number, bytes: Uint8Array): void {
    const parts = this.#parts.get(request);
    if (parts === undefined) this.#parts.set(request, [bytes]);
    else parts.push(bytes);
  }

  /** Encodes a picture. */
  encode(message: EncodeMessage): void {
    const { request } = message;
    this.#reply(request, async () => {
      const { data, tokens, encodeMs, picture } = await this.model.encodeImage(this.#picture(message), message.options);
      return { type: 'encoded', request, image: { data, tokens, encodeMs, ...(picture && { picture }) } };
    });
  }

  /** Answers a question. */
  ask(message: AskMessage): void {
    const { request } = message;
    const abort = new AbortController();
    const answering = { abort, credit: new Credit(pieceWindow, abort.signal) };
    this.#answering.set(request, answering);
    this.#reply(request, async () => {
      try {
        return { type: 'answered', request, answer: await this.#answer(message, answering) };
      } finally {
        this.#answering.delete(request);
      }
    });
  }

  /** Allows more pieces of an answer. */
  more(request: number, pieces: number): void {
    this.#answering.get(request)?.credit.add(pieces);
  }

  /** Ends an answer before its next token. */
  cancel(request: number): void {
    this.#answering.get(request)?.abort.abort();
  }

  /** Frees what is held of a chat. */
  forget(chat: number): void {
    this.#chats.get(chat)?.dispose();
    this.#chats.delete(chat);
  }

  /** Ends all answers and frees the model. */
  async dispose(): Promise<void> {
    for (const { abort } of this.#answering.values()) abort.abort();
    await Promise.all(this.#pending);
    await this.model.dispose();
  }

  async #answer(
    { chat, chatOptions, missing, question, options, request }: AskMessage,
    { abort, credit }: Answering,
  ): Promise<Answer> {
    const talk = this.#chats.get(chat) ?? this.model.chat(chatOptions);
    this.#chats.set(chat, talk);
    for (const entry of missing) await take(talk, entry);
    const stream = talk.ask(question, { ...options, signal: abort.signal });
    for await (const text of stream) {
      await credit.take();
      this.send({ type: 'piece', request, text });
    }
    return stream.result();
  }

  #picture({ request, source }: EncodeMessage): string | Uint8Array | RgbImage {
    if ('path' in source) return source.path;
    const data = Buffer.concat(this.#parts.get(request) ?? []);
    this.#parts.delete(request);
    return 'pixels' in source ? { ...source.pixels, data } : data;
  }

  #reply(request: number, work: () => Promise<Reply>): void {
    const done = work().then(this.send, (error: unknown) => {
      this.send({ type: 'failed', request, error: sendableError(error) });
    });
    this.#pending.add(done);
    void done.finally(() => this.#pending.delete(done));
  }
}

async function take(chat: Chat, entry: HistoryEntry): Promise<void> {
  if ('turn' in entry) return chat.addTurn(entry.turn, entry.ids);
  const { data, tokens, ...details } = entry.image;
  await chat.addImage(new ImageEmbeddings(data, tokens, details));
}
