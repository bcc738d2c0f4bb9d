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
import { addImage, ask, type Conversation } from '@minigpt4/prompt-templates';
import type { PromptFormat } from '../language/prompt-format.js';
import { beginning, type BeginningOptions, type OwnConventions } from './prompt/beginning.js';
import { ContextFullError } from './prompt/context-full-error.js';
import type { ImageEmbeddings } from './image-embeddings.js';
import { TrimmedText } from './trimmed-text.js';

/** What {@link PictureBatch} runs on. */
export interface PictureBatchParts extends OwnConventions {
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
  readonly #format: PromptFormat;
  #opening: Promise<KVCache> | undefined;

  constructor(
    private readonly parts: PictureBatchParts,
    readonly images: readonly ImageEmbeddings[],
    options: BeginningOptions = {},
  ) {
    if (images.length === 0) {
      throw new MiniGPT4Error('BATCH_EMPTY', 'pictureBatch: no picture, expected at least one, got none. Pass some.');
    }
    const { conversation, format } = beginning(parts, options);
    this.#conversation = addImage(conversation);
    this.#format = format;
  }

  /**
   * One question about every picture, or questions about pictures of one's choice; answers come in their order.
   *
   * @throws `EMPTY_QUESTION`, {@link ContextFullError} (`CONTEXT_FULL`), `INVALID_OPTION`
   */
  async ask(
    question: string | readonly PictureQuestion[],
    { maxNewTokens = 300, signal }: PictureQuestionOptions = {},
  ): Promise<PictureAnswer[]> {
    const { language, tokenizer, maxPositions } = this.parts;
    const asked = typeof question === 'string' ? this.images.map((_, picture) => ({ picture, question })) : question;
    if (asked.length === 0) return [];
    const ids = asked.map(({ question: text }) => this.#behindImage(text));
    const opening = await this.#open();
    const promptTokens = opening.length + Math.max(...ids.map(({ length }) => length));
    if (promptTokens >= maxPositions) throw this.#tooLong(promptTokens);
    const prompts: Float32Array[] = [];
    for (const prompt of ids) prompts.push(await language.embed(prompt));
    const stop = this.#format.stops(this.#conversation);
    const texts = asked.map(() => new TrimmedText(new TextStream(tokenizer, { stop })));
    const results = await generateBatch(language, prompts, {
      maxNewTokens: Math.min(maxNewTokens, maxPositions - promptTokens),
      stopSequences: stop.flatMap(text => stopSequences(tokenizer, text)),
      ended: (row, id) => {
        texts[row]!.push(id);
        return texts[row]!.ended;
      },
      cache: opening.select(asked.map(({ picture }) => picture)),
      ...(signal === undefined ? {} : { signal }),
    });
    return results.map(({ ids: said, finishReason }, row) => {
      texts[row]!.finish();
      return { text: texts[row]!.text, ids: said, finishReason };
    });
  }

  /** Keys and values of everything up to the pictures' ends; the words before them are computed for one and copied. */
  #open(): Promise<KVCache> {
    this.#opening ??= this.#computeOpening();
    return this.#opening;
  }

  async #computeOpening(): Promise<KVCache> {
    const { language, tokenizer } = this.parts;
    const { segments, bos } = this.#format.segments(this.#conversation);
    const one = language.createCache();
    await language.forward(await language.embed(tokenizer.encode(segments[0]!, { bos })), one);
    const all = one.expand(this.images.length);
    const longest = Math.max(...this.images.map(({ tokens }) => tokens));
    const rows = new Float32Array(this.images.length * longest * language.width);
    this.images.forEach(({ data, tokens }, i) => {
      // a shorter picture stands at the end of its row, behind a gap
      rows.set(data, (i + 1) * longest * language.width - data.length);
      all.markGap(i, all.length, all.length + longest - tokens);
    });
    await language.forward(rows, all);
    return all;
  }

  #behindImage(question: string): number[] {
    const { segments } = this.#format.segments(ask(this.#conversation, question));
    return this.parts.tokenizer.encode(segments[1]!);
  }

  #tooLong(promptTokens: number): ContextFullError {
    const imageTokens = Math.max(...this.images.map(({ tokens }) => tokens));
    return new ContextFullError('pictureBatch', { promptTokens, imageTokens, maxPositions: this.parts.maxPositions });
  }
}
