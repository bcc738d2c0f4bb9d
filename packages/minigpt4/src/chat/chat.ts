import { MiniGPT4Error } from '@minigpt4/core';
import {
  generate,
  stopSequences,
  TextStream,
  type GenerationOptions,
  type GenerationResult,
  type LanguageModel,
  type Tokenizer,
} from '@minigpt4/llm-vicuna';
import { addImage, appendAssistant, ask, type Conversation } from '@minigpt4/prompt-templates';
import { answerTimings } from './answer-timings.js';
import { AnswerStream, type Answer, type AnswerOptions, type AnswerSequence } from './answer.js';
import { beginning, type BeginningOptions, type OwnConventions } from './prompt/beginning.js';
import { Context, type PromptItem } from './prompt/context.js';
import { fitConversation, type FittedConversation } from './prompt/fit-conversation.js';
import type { ImageEmbeddings } from './image-embeddings.js';
import { PromptIds, type SegmentIds } from './prompt/prompt-ids.js';
import { readAnswer } from './read-answer.js';
import type { PromptFormat } from '../language/prompt-format.js';
import type { ImageSource } from '../image-source.js';
import { TrimmedText } from './trimmed-text.js';

/** A question and its answer. */
export interface Turn {
  readonly question: string;
  readonly answer: string;
}

/** Options of a chat. */
export interface ChatOptions extends BeginningOptions {
  /**
   * What happens when a question does not fit the model's positions: 'drop' leaves out the oldest questions with their
   * answers, never a picture or the system text, and keeps room for an answer; 'error' refuses. Defaults to 'drop'.
   */
  readonly onContextFull?: 'drop' | 'error';
}

/** What a chat runs on. */
export interface ChatParts extends OwnConventions {
  readonly language: LanguageModel;
  readonly tokenizer: Tokenizer;
  readonly maxPositions: number;
  encodeImage(image: ImageSource | ImageEmbeddings): Promise<ImageEmbeddings>;
}

/**
 * A conversation about images, any number of them, each encoded once. Keys and values of everything said stay in
 * memory, so that a turn computes only what is new. One question at a time.
 */
export class Chat {
  /** Everything said, also what no longer fits the prompt. */
  readonly turns: Turn[] = [];
  #conversation: Conversation;
  readonly #format: PromptFormat;
  readonly #drops: boolean;
  readonly #ids: PromptIds;
  readonly #images: ImageEmbeddings[] = [];
  #shown: Promise<void> = Promise.resolve();
  #droppedTurns = 0;
  #context: Context | undefined;
  #busy = false;

  constructor(
    private readonly parts: ChatParts,
    { onContextFull = 'drop', ...options }: ChatOptions = {},
  ) {
    const { conversation, format } = beginning(parts, options);
    this.#conversation = conversation;
    this.#format = format;
    this.#drops = onContextFull === 'drop';
    this.#ids = new PromptIds(parts.tokenizer);
    this.#context = new Context(parts.language);
  }

  /** Shows a picture; the next question is about it, and about those shown just before. They stay in the order of the calls. */
  async addImage(image: ImageSource | ImageEmbeddings): Promise<void> {
    this.#requireIdle();
    const [before, encoding] = [this.#shown, this.parts.encodeImage(image)];
    const shown = Promise.all([encoding, before]).then(([embeddings]) => {
      this.#images.push(embeddings);
      this.#conversation = addImage(this.#conversation);
    });
    // a picture that cannot be read is told to who showed it, and is no picture
    this.#shown = shown.catch(() => undefined);
    await shown;
  }

  /**
   * Takes a question and its answer as said, such as those of a chat elsewhere; the next question goes on from there.
   *
   * @param ids that the answer was said in, where they are known: the chat then goes on as if it had said them itself
   */
  addTurn({ question, answer }: Turn, ids?: readonly number[]): void {
    this.#requireIdle();
    const asked = ask(this.#conversation, question);
    if (ids) this.#ids.remember(this.#ids.of(this.#format.segments(asked)), ids);
    this.#conversation = appendAssistant(asked, answer);
    this.turns.push({ question, answer });
  }

  /**
   * Asks; the answer streams. What the user says can forge neither a turn nor an image.
   *
   * @throws (on the first piece) `EMPTY_QUESTION`, `INVALID_OPTION`, `CONTEXT_FULL` (a `ContextFullError`) when not
   * even this question alone fits; the conversation is then as before
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
      await this.#shown;
      const fitted = this.#fit(ask(this.#conversation, question), options.maxNewTokens);
      const prompt = this.#items(fitted.ids);
      const { embeddings, cachedTokens } = await context.align(prompt);
      const alignedAt = performance.now();
      const generation = this.#generationOptions(
        { ...options, maxNewTokens: fitted.maxNewTokens, signal },
        context,
        prompt,
      );
      const text = this.#textStream(options);
      const several = (options.returnSequences ?? 1) > 1;
      const read = yield* readAnswer(generate(this.parts.language, embeddings, generation), text, several);
      const ids = read.tokens.map(token => token.id);
      context.record([...prompt, ...ids]);
      this.#ids.remember(fitted.ids, ids);
      this.#conversation = appendAssistant(fitted.conversation, text.text);
      this.#droppedTurns += fitted.dropped;
      this.turns.push({ question, answer: text.text });
      const imageTokens = prompt.filter(item => typeof item !== 'number').length;
      return {
        text: text.text,
        ids,
        finishReason: read.finishReason,
        ...((options.logProbabilities ?? 0) > 0 && { tokens: read.tokens }),
        ...(several && read.result && { sequences: this.#sequences(read.result, options) }),
        ...(this.#droppedTurns > 0 && { droppedTurns: this.#droppedTurns }),
        usage: { promptTokens: prompt.length, imageTokens, cachedTokens, completionTokens: ids.length },
        timings: answerTimings({
          imageMs: this.#images.reduce((sum, image) => sum + image.encodeMs, 0),
          startedAt: started,
          alignedAt,
          firstAt: read.firstAt ?? performance.now(),
          tokens: ids.length,
          atOnce: several || (options.beams ?? 1) > 1,
        }),
      };
    } finally {
      this.#busy = false;
    }
  }

  #fit(asked: Conversation, maxNewTokens = 300): FittedConversation {
    return fitConversation(asked, {
      read: conversation => this.#ids.of(this.#format.segments(conversation)),
      imageTokens: this.#images.reduce((sum, { tokens }) => sum + tokens, 0),
      maxPositions: this.parts.maxPositions,
      maxNewTokens,
      drops: this.#drops,
    });
  }

  /** The prompt as positions: each picture between two segments. */
  #items(segments: readonly SegmentIds[]): PromptItem[] {
    return segments.flatMap(({ ids }, i): PromptItem[] => [...ids, ...(this.#images[i]?.rows ?? [])]);
  }

  #generationOptions(options: GenerationOptions, { cache }: Context, prompt: readonly PromptItem[]): GenerationOptions {
    const { tokenizer } = this.parts;
    const sequences = this.#format.stops(this.#conversation).flatMap(text => stopSequences(tokenizer, text));
    const promptIds = options.speculate && { promptIds: prompt.map(item => (typeof item === 'number' ? item : -1)) };
    return { ...options, ...promptIds, stopSequences: sequences, cache };
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
