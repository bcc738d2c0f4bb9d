import type { ImageTextSample } from '@minigpt4/data-curation';
import type { PictureAnswer, PictureBatch, PictureQuestion } from 'minigpt4';
import type { QuestionSettings } from './evaluation-settings.js';

/** A sample, and its position in the set among those that can be read. */
export interface PlacedSample {
  readonly position: number;
  readonly sample: ImageTextSample;
}

/** Some samples with their pictures encoded, as the metrics see them. What was asked once is not asked again. */
export class EvaluationBatch {
  readonly #asked = new Map<string, { readonly question: string; readonly answers: Promise<PictureAnswer[]> }>();

  constructor(
    readonly samples: readonly PlacedSample[],
    readonly pictures: PictureBatch,
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * The answers to one question about each picture.
   *
   * @throws the signal's reason once it is aborted: half an answer is none
   */
  ask({ question, maxNewTokens }: QuestionSettings): Promise<PictureAnswer[]> {
    const key = JSON.stringify([question, maxNewTokens]);
    const known = this.#asked.get(key);
    if (known) return known.answers;
    const answers = this.#answers(question, maxNewTokens);
    this.#asked.set(key, { question, answers });
    return answers;
  }

  /** {@link ask} for questions that differ from picture to picture; these are not remembered. */
  askEach(questions: readonly PictureQuestion[], maxNewTokens: number): Promise<PictureAnswer[]> {
    return this.#answers(questions, maxNewTokens);
  }

  /** Everything that was asked about one of the samples, with the answers. */
  async answersOf(index: number): Promise<Readonly<Record<string, string>>> {
    const entries = [...this.#asked.values()].map(
      async ({ question, answers }) => [question, (await answers)[index]!.text] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  async #answers(question: string | readonly PictureQuestion[], maxNewTokens: number): Promise<PictureAnswer[]> {
    const { signal } = this;
    const answers = await this.pictures.ask(question, { maxNewTokens, ...(signal && { signal }) });
    signal?.throwIfAborted();
    return answers;
  }
}
