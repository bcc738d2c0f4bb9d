import { MiniGPT4Error } from '@minigpt4/core';
import {
  generateBatch,
  stopSequences,
  TextStream,
  type FinishReason,
  type KVCache,
  type LanguageModel,
  type Tokenizer,
} from '@minigpt4/llm-vicuna';
import { addImage, ask, createConversation, toSegments, type Conversation } from '@minigpt4/prompt-templates';
import type { ChatOptions } from './chat.js';
import type { ImageEmbeddings } from './image-embeddings.js';
import { TrimmedText } from './trimmed-text.js';

/** What {@link PictureBatch} runs on. */
export interface PictureBatchParts {
  readonly language: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly maxPositions: number;
}

/** A question about one picture of a batch. */
export interface PictureQuestion {
  /** Position of the picture in the batch. */
  readonly picture: number;
  readonly question: string;
}

/** How the questions of {@link PictureBatch.ask} are answered. */
export interface PictureQuestionOptions {
  /** Most tokens of one answer. Defaults to 300, as the original's chat. */
  readonly maxNewTokens?: number;
  /** Ends all answers between two tokens, with what there is. */
  readonly signal?: AbortSignal;
}

/** An answer of a batch. */
export interface PictureAnswer {
  readonly text: string;
  /** Generated ids, those of the stop marker included. */
  readonly ids: readonly number[];
  /** `stop` by itself, `length` at the limit, `abort` by the signal. */
  readonly finishReason: FinishReason;
}

/**
 * Pictures that are asked about side by side. Each question stands alone, as the first of a chat, and is answered by
 * the likeliest tokens. What comes before the question is computed once and kept, so that further questions are cheap.
 */
export class PictureBatch {
  readonly #conversation: Conversation;
  #opening: Promise<KVCache> | undefined;

  constructor(
    private readonly parts: PictureBatchParts,
    readonly images: readonly ImageEmbeddings[],
    { template }: ChatOptions = {},
  ) {
    if (images.length === 0) {
      throw new MiniGPT4Error('BATCH_EMPTY', 'pictureBatch: no picture, expected at least one, got none. Pass some.');
    }
    this.#conversation = addImage(createConversation(template === undefined ? {} : { template }));
  }

  /**
   * One question about every picture, or questions about pictures of one's choice; answers come in their order.
   *
   * @throws `EMPTY_QUESTION`, `CONTEXT_FULL`, `INVALID_OPTION`
   */
  async ask(
    question: string | readonly PictureQuestion[],
    options: PictureQuestionOptions = {},
  ): Promise<PictureAnswer[]> {
    const asked = typeof question === 'string' ? this.images.map((_, picture) => ({ picture, question })) : question;
    const prompts = asked.map(({ question: text }) => this.#behindImage(text));
    const answers: PictureAnswer[] = [];
    // rows of one run must be equally long
    for (const length of new Set(prompts.map(ids => ids.length))) {
      const rows = [...prompts.keys()].filter(row => prompts[row]!.length === length);
      const group = rows.map(row => ({ picture: asked[row]!.picture, ids: prompts[row]! }));
      const found = await this.#answer(group, options);
      rows.forEach((row, i) => (answers[row] = found[i]!));
    }
    return answers;
  }

  async #answer(
    group: readonly { readonly picture: number; readonly ids: readonly number[] }[],
    { maxNewTokens = 300, signal }: PictureQuestionOptions,
  ): Promise<PictureAnswer[]> {
    const { language, tokenizer } = this.parts;
    const { stop } = this.#conversation.template;
    const opening = await this.#open();
    const cache = opening.select(group.map(({ picture }) => picture));
    const room = this.#room(cache.length + group[0]!.ids.length);
    const texts = group.map(() => new TrimmedText(new TextStream(tokenizer, { stop })));
    const prompts: Float32Array[] = [];
    for (const { ids } of group) prompts.push(await language.embed(ids));
    const results = await generateBatch(language, prompts, {
      maxNewTokens: Math.min(maxNewTokens, room),
      stopSequences: stop.flatMap(text => stopSequences(tokenizer, text)),
      ended: (row, id) => {
        texts[row]!.push(id);
        return texts[row]!.ended;
      },
      cache,
      ...(signal === undefined ? {} : { signal }),
    });
    return results.map(({ ids, finishReason }, row) => {
      texts[row]!.finish();
      return { text: texts[row]!.text, ids, finishReason };
    });
  }

  /** Keys and values of everything up to the pictures' ends; the words before them are computed for one and copied. */
  #open(): Promise<KVCache> {
    this.#opening ??= this.#computeOpening();
    return this.#opening;
  }

  async #computeOpening(): Promise<KVCache> {
    const { language, tokenizer } = this.parts;
    const { segments, bos } = toSegments(this.#conversation);
    const one = language.createCache();
    await language.forward(await language.embed(tokenizer.encode(segments[0]!, { bos })), one);
    const all = one.expand(this.images.length);
    const size = this.images[0]!.data.length;
    const rows = new Float32Array(this.images.length * size);
    this.images.forEach(({ data }, i) => rows.set(data, i * size));
    await language.forward(rows, all);
    return all;
  }

  #behindImage(question: string): number[] {
    const { segments } = toSegments(ask(this.#conversation, question));
    return this.parts.tokenizer.encode(segments[1]!);
  }

  /** Tokens an answer may have. @throws `CONTEXT_FULL` when the prompt leaves no room for one. */
  #room(promptTokens: number): number {
    const { maxPositions } = this.parts;
    if (promptTokens < maxPositions) return maxPositions - promptTokens;
    throw new MiniGPT4Error(
      'CONTEXT_FULL',
      `pictureBatch: the question does not fit, expected fewer than ${maxPositions} tokens, got ${promptTokens}. Ask something shorter.`,
    );
  }
}
