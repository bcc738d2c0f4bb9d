import { MiniGPT4Error } from '@minigpt4/core';
import { RowSet, type RowRange } from './row-set.js';

/** Sizes of a {@link KVCache}. */
export interface KVCacheOptions {
  /** Number of decoder layers. */
  readonly layers: number;
  /** Sequences side by side. */
  readonly batch: number;
  /** Heads of keys and values; fewer than the query heads under grouped-query attention. */
  readonly kvHeads: number;
  /** Elements of one head. */
  readonly headSize: number;
  /** Positions to hold before the first growth. Defaults to 256. */
  readonly capacity?: number;
}

/** Row 0 of every array: zeros that attention always masks, because an empty past crashes the engine. */
const reservedRows = 1;

function checkSize(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new MiniGPT4Error(
    'INVALID_OPTION',
    `KVCache: bad ${name}, expected a positive integer, got ${value}. Take it from the model's configuration.`,
  );
}

function misuse(where: string, what: string): never {
  throw new MiniGPT4Error('CACHE_MISUSE', `KVCache.${where}: ${what}`);
}

/**
 * The keys and values a decoder has computed so far. Per layer two preallocated arrays laid out
 * [1 + capacity, batch, kvHeads, headSize]; row 0 is reserved (see above), so position p lies in row p + 1 and rows
 * 0 … length are one contiguous block that goes to the engine without a copy. Arrays double when they are full.
 *
 * A step appends the new rows of every layer and then advances once:
 * `append(layer, key, value, tokens)` for each layer, `advance(tokens)`.
 *
 * Sequences of different lengths lie side by side with padding in the shorter ones: {@link markGap} says which rows of
 * a sequence are none of its own, before or after they come. Whoever builds masks and positions asks {@link gaps} and
 * {@link positionOf}.
 */
export class KVCache {
  readonly layers: number;
  readonly batch: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly #row: number;
  readonly #keys: Float32Array[];
  readonly #values: Float32Array[];
  readonly #pending: number[];
  readonly #gaps: RowSet[];
  #capacity: number;
  #length = 0;
  #revision = 0;

  constructor({ layers, batch, kvHeads, headSize, capacity = 256 }: KVCacheOptions) {
    const sizes = { layers, batch, kvHeads, headSize, capacity };
    for (const [name, value] of Object.entries(sizes)) checkSize(name, value);
    this.layers = layers;
    this.batch = batch;
    this.kvHeads = kvHeads;
    this.headSize = headSize;
    this.#capacity = capacity;
    this.#row = batch * kvHeads * headSize;
    const array = () => new Float32Array((reservedRows + capacity) * this.#row);
    this.#keys = Array.from({ length: layers }, array);
    this.#values = Array.from({ length: layers }, array);
    this.#pending = Array.from({ length: layers }, () => 0);
    this.#gaps = Array.from({ length: batch }, () => new RowSet());
  }

  /** Rows held by every sequence, padding included. */
  get length(): number {
    return this.#length;
  }

  /** Grows whenever rows come, go or change places: two equal numbers mean that nothing did between them. */
  get revision(): number {
    return this.#revision;
  }

  /** Positions that fit before the arrays grow. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Bytes the arrays of all layers take, filled or not. */
  get bytes(): number {
    return 2 * this.layers * (reservedRows + this.#capacity) * this.#row * Float32Array.BYTES_PER_ELEMENT;
  }

  /** Shape of what {@link key} and {@link value} return: [1 + length, batch, kvHeads, headSize]. */
  get shape(): readonly [number, number, number, number] {
    return [reservedRows + this.#length, this.batch, this.kvHeads, this.headSize];
  }

  /** Keys of a layer, rows 0 … length, as a view: valid until the next append, truncate or reorder. */
  key(layer: number): Float32Array {
    return this.#view(this.#keys, layer, 'key');
  }

  /** Values of a layer; see {@link key}. */
  value(layer: number): Float32Array {
    return this.#view(this.#values, layer, 'value');
  }

  /**
   * Writes the new rows of one layer, `key` and `value` (tokens, batch, kvHeads, headSize) each, behind the last
   * position. They count once {@link advance} is called.
   *
   * @throws `CACHE_MISUSE` for an unknown layer, a wrong number of elements, or a layer appended twice in a step.
   */
  append(layer: number, key: Float32Array, value: Float32Array, tokens: number): void {
    this.#checkLayer(layer, 'append');
    const expected = tokens * this.#row;
    if (!Number.isSafeInteger(tokens) || tokens < 1 || key.length !== expected || value.length !== expected) {
      misuse(
        'append',
        `wrong number of elements, expected ${expected} for ${tokens} tokens of ${this.#rowText()}, got key ${key.length} and value ${value.length}. Pass (tokens, batch, kvHeads, headSize).`,
      );
    }
    if (this.#pending[layer] !== 0) {
      misuse('append', `layer ${layer} was appended already, expected advance() first. Append each layer once a step.`);
    }
    this.#reserve(this.#length + tokens);
    const offset = (reservedRows + this.#length) * this.#row;
    this.#keys[layer]!.set(key, offset);
    this.#values[layer]!.set(value, offset);
    this.#pending[layer] = tokens;
  }

  /** Counts the appended rows. @throws `CACHE_MISUSE` unless every layer appended exactly `tokens` rows. */
  advance(tokens: number): void {
    const wrong = this.#pending.findIndex(count => count !== tokens);
    if (tokens < 1 || wrong >= 0) {
      misuse(
        'advance',
        `layers disagree, expected ${tokens} new rows in each of ${this.layers} layers, got ${this.#pending[wrong] ?? 0} in layer ${Math.max(wrong, 0)}. Append every layer first.`,
      );
    }
    this.#length += tokens;
    this.#revision++;
    this.#pending.fill(0);
  }

  /**
   * Declares rows from … to of a sequence padding: no token attends to them and they take no position. They may lie
   * behind the last row, for the step that comes next.
   *
   * @throws `CACHE_MISUSE` for a sequence outside the batch, or no range of rows
   */
  markGap(sequence: number, from: number, to: number): void {
    const gaps = this.#gapsOf(sequence, 'markGap');
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to < from) {
      misuse('markGap', `bad range, expected rows from 0 in ascending order, got ${from} to ${to}.`);
    }
    gaps.add(from, to);
    this.#revision++;
  }

  /** Ranges of a sequence's rows that are padding, ascending. @throws `CACHE_MISUSE` for a sequence outside the batch. */
  gaps(sequence: number): readonly RowRange[] {
    return this.#gapsOf(sequence, 'gaps').ranges;
  }

  /** Ranges of a sequence's rows that are not padding, ascending. @throws `CACHE_MISUSE` as {@link gaps}. */
  realRows(sequence: number): readonly RowRange[] {
    return this.#gapsOf(sequence, 'realRows').complement(this.#length);
  }

  /** The position of a row in its own sequence, which is the count of real rows before it. @throws `CACHE_MISUSE` as {@link gaps}. */
  positionOf(sequence: number, row: number): number {
    return row - this.#gapsOf(sequence, 'positionOf').countBefore(row);
  }

  /** Forgets rows and gaps from `length` on, and rows appended but not advanced. @throws `CACHE_MISUSE` for more than is held. */
  truncate(length: number): void {
    if (!Number.isSafeInteger(length) || length < 0 || length > this.#length) {
      misuse('truncate', `bad length, expected 0 to ${this.#length}, got ${length}. A cache can only be shortened.`);
    }
    this.#length = length;
    this.#revision++;
    for (const gaps of this.#gaps) gaps.clip(length);
    this.#pending.fill(0);
  }

  /**
   * Forgets all rows but these of every sequence; what is left moves together, in its order.
   *
   * @throws `CACHE_MISUSE` for rows that are not held, or in the middle of a step
   */
  keep(ranges: readonly RowRange[]): void {
    const kept = new RowSet(ranges);
    if ((kept.ranges[0]?.[0] ?? 0) < 0 || (kept.ranges.at(-1)?.[1] ?? 0) > this.#length) {
      misuse('keep', `bad rows, expected some of rows 0 to ${this.#length}, got ${ranges.join(' and ')}.`);
    }
    if (this.#pending.some(count => count > 0)) misuse('keep', 'called in a step, expected advance() first.');
    let length = 0;
    for (const [from, to] of kept.ranges) {
      for (const array of [...this.#keys, ...this.#values]) this.#moveRows(array, { from, to, target: length });
      length += to - from;
    }
    this.#gaps.splice(0, this.batch, ...this.#gaps.map(gaps => gaps.keptIn(kept)));
    this.#length = length;
    this.#revision++;
  }

  /** An independent copy with the same positions. */
  fork(): KVCache {
    return this.select(Array.from({ length: this.batch }, (_, i) => i));
  }

  /** A new cache whose sequence i holds what sequence `parents[i]` does. @throws `CACHE_MISUSE` for a parent outside the batch. */
  select(parents: readonly number[]): KVCache {
    this.#checkParents(parents, 'select');
    return this.#copy(parents);
  }

  /** A new cache of `batch` sequences that all hold this cache's positions. @throws `CACHE_MISUSE` unless this batch is 1. */
  expand(batch: number): KVCache {
    if (this.batch !== 1) misuse('expand', `expected a batch of 1, got ${this.batch}. Expand before the beams part.`);
    return this.#copy(Array.from({ length: batch }, () => 0));
  }

  /**
   * Makes sequence i continue what was sequence `parents[i]`, in rows from `from` on; earlier ones must be equal in all
   * sequences (a shared prompt) and stay untouched.
   *
   * @throws `CACHE_MISUSE` for a parent outside the batch, a wrong count, a bad `from`, or in the middle of a step.
   */
  reorder(parents: readonly number[], from = 0): void {
    if (parents.length !== this.batch) misuse('reorder', `expected ${this.batch} parents, got [${parents.join()}].`);
    this.#checkParents(parents, 'reorder');
    if (!Number.isSafeInteger(from) || from < 0 || from > this.#length) {
      misuse('reorder', `bad first position, expected 0 to ${this.#length}, got ${from}.`);
    }
    if (this.#pending.some(count => count > 0)) misuse('reorder', 'called in a step, expected advance() first.');
    if (parents.every((parent, i) => parent === i)) return;
    this.#revision++;
    const gaps = parents.map((parent, i) => this.#gaps[i]!.joinedAt(from, this.#gaps[parent]!));
    this.#gaps.splice(0, this.batch, ...gaps);
    const scratch = new Float32Array(this.#row);
    for (const array of [...this.#keys, ...this.#values]) this.#reorderArray(array, parents, { from, scratch });
  }

  #moveRows(array: Float32Array, { from, to, target }: { from: number; to: number; target: number }): void {
    if (from === target) return;
    const offset = (row: number) => (reservedRows + row) * this.#row;
    array.copyWithin(offset(target), offset(from), offset(to));
  }

  #reorderArray(array: Float32Array, parents: readonly number[], at: { from: number; scratch: Float32Array }): void {
    const size = this.kvHeads * this.headSize;
    const end = (reservedRows + this.#length) * this.#row;
    for (let row = (reservedRows + at.from) * this.#row; row < end; row += this.#row) {
      at.scratch.set(array.subarray(row, row + this.#row));
      parents.forEach((parent, i) => {
        array.set(at.scratch.subarray(parent * size, (parent + 1) * size), row + i * size);
      });
    }
  }

  #copy(parents: readonly number[]): KVCache {
    const { layers, kvHeads, headSize } = this;
    const copy = new KVCache({ layers, batch: parents.length, kvHeads, headSize, capacity: this.#capacity });
    const size = kvHeads * headSize;
    const fill = (from: Float32Array, to: Float32Array) => {
      for (let row = 0; row < reservedRows + this.#length; row++) {
        parents.forEach((parent, i) => {
          const start = row * this.#row + parent * size;
          to.set(from.subarray(start, start + size), row * copy.#row + i * size);
        });
      }
    };
    for (let layer = 0; layer < layers; layer++) {
      fill(this.#keys[layer]!, copy.#keys[layer]!);
      fill(this.#values[layer]!, copy.#values[layer]!);
    }
    copy.#length = this.#length;
    copy.#gaps.splice(0, copy.batch, ...parents.map(parent => new RowSet(this.#gaps[parent]!.ranges)));
    return copy;
  }

  #reserve(positions: number): void {
    if (positions <= this.#capacity) return;
    const capacity = Math.max(positions, 2 * this.#capacity);
    const used = (reservedRows + this.#length) * this.#row;
    // array by array, so that at most one of them is held twice
    for (const arrays of [this.#keys, this.#values]) {
      for (let layer = 0; layer < this.layers; layer++) {
        const grown = new Float32Array((reservedRows + capacity) * this.#row);
        grown.set(arrays[layer]!.subarray(0, used));
        arrays[layer] = grown;
      }
    }
    this.#capacity = capacity;
  }

  #view(arrays: readonly Float32Array[], layer: number, where: string): Float32Array {
    this.#checkLayer(layer, where);
    return arrays[layer]!.subarray(0, (reservedRows + this.#length) * this.#row);
  }

  #checkLayer(layer: number, where: string): void {
    if (Number.isSafeInteger(layer) && layer >= 0 && layer < this.layers) return;
    misuse(where, `no such layer, expected 0 to ${this.layers - 1}, got ${layer}.`);
  }

  #gapsOf(sequence: number, where: string): RowSet {
    return this.#gaps[sequence] ?? misuse(where, `no such sequence, expected 0 to ${this.batch - 1}, got ${sequence}.`);
  }

  #checkParents(parents: readonly number[], where: string): void {
    if (parents.every(parent => Number.isSafeInteger(parent) && parent >= 0 && parent < this.batch)) return;
    misuse(where, `bad parents, expected numbers from 0 to ${this.batch - 1}, got [${parents.join()}].`);
  }

  #rowText(): string {
    return `[${this.batch}, ${this.kvHeads}, ${this.headSize}]`;
  }
}
