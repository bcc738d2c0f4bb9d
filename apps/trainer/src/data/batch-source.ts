import { type Random, random, randomFromState } from '@minigpt4/core';
import { type Mixer, mixByRatio } from '@minigpt4/data-curation';
import type { Tokenizer } from '@minigpt4/llm-vicuna';
import { trainingSegments, type TrainingTemplate } from '@minigpt4/prompt-templates';
import type { SettledConfig } from '../config/settle-config.js';
import { derivedSeed } from '../config/derived-seed.js';
import type { SetState, TrainingSample, TrainingSet } from './training-set.js';

/** Samples of one set behind one prompt. */
export interface Batch {
  readonly samples: readonly TrainingSample[];
  /** Ids before the image, begin-of-sequence first. */
  readonly before: readonly number[];
  /** Ids between the image and the text. */
  readonly after: readonly number[];
}

/** Where the data of a run stands. Plain numbers, to be kept as JSON. */
export interface BatchSourceState {
  readonly mixer: readonly number[];
  readonly instructions: readonly number[];
  readonly sets: readonly SetState[];
}

/** What {@link BatchSource} is made of. */
export interface BatchSourceOptions {
  readonly config: SettledConfig;
  /** In the order of `config.datasets`. */
  readonly sets: readonly TrainingSet[];
  readonly tokenizer: Tokenizer;
  readonly state?: BatchSourceState | undefined;
}

/** Ids around the image of a prompt. A template that writes the begin-of-sequence token out gets no second one. */
export function promptIds(
  tokenizer: Tokenizer,
  template: TrainingTemplate,
  instruction: string | undefined,
): Pick<Batch, 'before' | 'after'> {
  const [before = '', after = ''] = trainingSegments(template, instruction).segments;
  const ids = tokenizer.encode(before);
  const begun = ids[0] === tokenizer.bosId ? ids : tokenizer.encode(before, { bos: true });
  return { before: begun, after: tokenizer.encode(after) };
}

/** Draws batches: a set by its ratio, an instruction for all of its samples, then the samples (`dataloader_utils.py`). */
export class BatchSource {
  readonly #config: SettledConfig;
  readonly #sets: readonly TrainingSet[];
  readonly #prompts: readonly Pick<Batch, 'before' | 'after'>[];
  readonly #mixer: Mixer;
  readonly #instructions: Random;

  constructor({ config, sets, tokenizer, state }: BatchSourceOptions) {
    const { datasets, template, instructions, seed } = config;
    this.#config = config;
    this.#sets = sets;
    const texts = template.prompt === '' ? [undefined] : instructions;
    this.#prompts = texts.map(instruction => promptIds(tokenizer, template, instruction));
    this.#mixer = mixByRatio({
      ratios: datasets.map(({ ratio }) => ratio),
      seed: derivedSeed(seed, 'mixture'),
      ...(state ? { state: state.mixer } : {}),
    });
    this.#instructions = state ? randomFromState(state.instructions) : random(derivedSeed(seed, 'instructions'));
  }

  async next(): Promise<Batch> {
    const which = this.#mixer.next();
    const prompt = this.#prompts[this.#instructions.integer(this.#prompts.length)]!;
    const samples = await this.#sets[which]!.take(this.#config.datasets[which]!.batchSize);
    return { samples, ...prompt };
  }

  state(): BatchSourceState {
    return {
      mixer: this.#mixer.state(),
      instructions: this.#instructions.state(),
      sets: this.#sets.map(set => set.state()),
    };
  }
}
