import { MiniGPT4Error } from '@minigpt4/core';
import {
  generate,
  stopSequences,
  TextStream,
  type GeneratedToken,
  type GenerationOptions,
  type GenerationResult,
  type Tokenizer,
} from '@minigpt4/llm-vicuna';
import {
  addImage,
  appendAssistant,
  ask,
  createConversation,
  type ChatTemplate,
  type Conversation,
} from '@minigpt4/prompt-templates';
import { AnswerStream, type Answer, type AnswerOptions, type AnswerSequence } from './answer.js';
import { Context, type PromptItem } from './context.js';
import type { ImageEmbeddings } from './image-embeddings.js';
import { templateFormat, type PromptFormat } from '../language/prompt-format.js';
import type { ImageSource } from '../image-source.js';
import type { SessionLanguageModel } from '../sessions/session-language-model.js';
import { TrimmedText } from './trimmed-text.js';

/** A question and its answer. */
export interface Turn {
  readonly question: string;
  readonly answer: string;
}

/** Options of a chat. */
export interface ChatOptions {
  /** How turns become a prompt. Defaults to the first release's template for Vicuna, or to a text-only model's own. */
  readonly template?: ChatTemplate;
}

/** What a chat runs on. */
export interface ChatParts {
  readonly language: SessionLanguageModel;
  readonly tokenizer: Tokenizer;
  readonly maxPositions: number;
  /** How turns become a prompt unless the chat has a template. Defaults to the first release's template for Vicuna. */
  readonly format?: PromptFormat;
  encodeImage(image: ImageSource | ImageEmbeddings): Promise<ImageEmbeddings>;
}

/**
 * A conversation about images. Each image is encoded once; keys and values of everything said stay in memory, so that
 * a turn computes only what is new. One question at a time.
 */
export class Chat {
  readonly turns: Turn[] = [];
  #conversation: Conversation;
  readonly #format: PromptFormat;
  readonly #images: ImageEmbeddings[] = [];
  #context: Context | undefined;
  #busy = false;

  constructor(
    private readonly parts: ChatParts,
    { template }: ChatOptions = {},
  ) {
    this.#conversation = createConversation(template === undefined ? {} : { template });
    this.#format = (template === undefined ? parts.format : undefined) ?? templateFormat;
    this.#context = new Context(parts.language);
  }

  /** Shows a picture; the next question is about it. */
  async addImage(image: ImageSource | ImageEmbeddings): Promise<void> {
    this.#requireIdle();
    const embeddings = await this.parts.encodeImage(image);
    this.#images.push(embeddings);
    this.#conversation = addImage(this.#conversation);
  }

  /**
   * Asks; the answer streams. What the user says can forge neither a turn nor an image.
   *
   * @throws (on the first piece) `EMPTY_QUESTION`, `CONTEXT_FULL`, `INVALID_OPTION`; the conversation is then as before
   */
  ask(question: string, { signal, ...options }: AnswerOptions = {}): AnswerStream {
    return new AnswerStream(stopped => this.#answer(question, options, stopped), signal);
  }

  /** Frees the keys and values; the chat cannot go on. */
  dispose(): void {
    this.#context = undefined;
  }

  async *#answer(question: string, options: AnswerOptions, signal: AbortSignal): AsyncGenerator<string, Answer> {
    const context = this.#requireIdle();
    this.#busy = true;
    try {
      const started = performance.now();
      const asked = ask(this.#conversation, question);
      const prompt = this.#prompt(asked);
      const maxNewTokens = this.#room(prompt.length, options.maxNewTokens);
      const { embeddings, cachedTokens } = await context.align(prompt);
      const alignedMs = performance.now() - started;
      const generation = this.#generationOptions({ ...options, maxNewTokens }, context, signal);
      const generated = generate(this.parts.language, embeddings, generation);
      const text = this.#textStream(options);
      const tokens: GeneratedToken[] = [];
      const several = (options.returnSequences ?? 1) > 1;
      let result: GenerationResult | undefined;
      let firstTokenMs = 0;
      while (several || !text.ended) {
        const next = await generated.next();
        if (next.done === true) {
          result = next.value;
          break;
        }
        firstTokenMs ||= performance.now() - started;
        tokens.push(next.value);
        const piece = text.push(next.value.id);
        if (piece !== '') yield piece;
      }
      const ids = tokens.map(token => token.id);
      const finishReason = result?.finishReason ?? 'stop';
      if (!result) await generated.return({ ids, finishReason, sequences: [ids] });
      const rest = text.finish();
      if (rest !== '') yield rest;
      context.record([...prompt, ...ids]);
      this.#conversation = appendAssistant(asked, text.text);
      this.turns.push({ question, answer: text.text });
      const decodeMs = performance.now() - started - firstTokenMs;
      const imageTokens = prompt.filter(item => typeof item !== 'number').length;
      return {
        text: text.text,
        ids,
        finishReason,
        ...((options.logProbabilities ?? 0) > 0 ? { tokens } : {}),
        ...(several && result ? { sequences: this.#sequences(result, options) } : {}),
        usage: { promptTokens: prompt.length, imageTokens, cachedTokens, completionTokens: ids.length },
        timings: {
          imageMs: this.#images.reduce((sum, image) => sum + image.encodeMs, 0),
          prefillMs: firstTokenMs - alignedMs,
          firstTokenMs,
          decodeMs,
          tokensPerSecond: ids.length > 1 ? ((ids.length - 1) * 1000) / decodeMs : 0,
        },
      };
    } finally {
      this.#busy = false;
    }
  }

  /** The whole conversation as positions, as the original renders it each turn: segments are tokenised one by one. */
  #prompt(conversation: Conversation): PromptItem[] {
    const { segments, bos } = this.#format.segments(conversation);
    return segments.flatMap((segment, i): PromptItem[] => [
      ...this.parts.tokenizer.encode(segment, { bos: bos && i === 0 }),
      ...(this.#images[i]?.rows ?? []),
    ]);
  }

  /** Tokens an answer may have. @throws `CONTEXT_FULL` when the prompt leaves no room for one. */
  #room(promptTokens: number, wanted = 300): number {
    const { maxPositions } = this.parts;
    if (promptTokens < maxPositions) return Math.min(wanted, maxPositions - promptTokens);
    throw new MiniGPT4Error(
      'CONTEXT_FULL',
      `chat: the conversation does not fit, expected fewer than ${maxPositions} tokens, got ${promptTokens}. Start a new chat, or ask something shorter.`,
    );
  }

  #generationOptions(options: AnswerOptions, { cache }: Context, signal: AbortSignal): GenerationOptions {
    const { tokenizer } = this.parts;
    const sequences = this.#format.stops(this.#conversation).flatMap(text => stopSequences(tokenizer, text));
    return { ...options, stopSequences: sequences, cache, signal };
  }

  #textStream({ stop = [] }: AnswerOptions): TrimmedText {
    const stops = [...this.#format.stops(this.#conversation), ...stop];
    return new TrimmedText(new TextStream(this.parts.tokenizer, { stop: stops }));
  }

  #sequences({ sequences, scores = [] }: GenerationResult, options: AnswerOptions): AnswerSequence[] {
    return sequences.map((ids, i) => {
      const text = this.#textStream(options);
      for (const id of ids) text.push(id);
      text.finish();
      return { text: text.text, ids, score: scores[i]! };
    });
  }

  #requireIdle(): Context {
    if (this.#context === undefined) {
      throw new MiniGPT4Error('CHAT_DISPOSED', 'chat: disposed, expected a live chat. Start a new one.');
    }
    if (!this.#busy) return this.#context;
    throw new MiniGPT4Error(
      'CHAT_BUSY',
      'chat: an answer is on its way, expected one question at a time. Await its end first.',
    );
  }
}
