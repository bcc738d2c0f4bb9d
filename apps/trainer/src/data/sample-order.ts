import { random } from '@minigpt4/core';
import { derivedSeed } from '../config/derived-seed.js';
import type { SetState } from './training-set.js';

/** The positions of a set in random order, again and again, each pass in an order of its own that the seed decides. */
export class SampleOrder {
  #epoch: number;
  #position: number;
  #order: readonly number[];

  constructor(
    private readonly length: number,
    private readonly seed: number,
    { epoch, position }: SetState = { epoch: 0, position: 0 },
  ) {
    this.#epoch = epoch;
    this.#position = position;
    this.#order = this.#permutation();
  }

  /** The next position in the set. */
  next(): number {
    if (this.#position === this.length) {
      this.#epoch++;
      this.#position = 0;
      this.#order = this.#permutation();
    }
    return this.#order[this.#position++]!;
  }

  state(): SetState {
    return { epoch: this.#epoch, position: this.#position };
  }

  #permutation(): readonly number[] {
    return random(derivedSeed(this.seed, 'order', this.#epoch)).permutation(this.length);
  }
}
