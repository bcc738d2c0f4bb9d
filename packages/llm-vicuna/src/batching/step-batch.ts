import { MiniGPT4Error } from '@minigpt4/core';
import type { KVCache } from '../kv-cache.js';
import { SharedCache, type SharingModel, type TextRows } from './shared-cache.js';
import type { WaitingCall } from './waiting-call.js';

/** A sequence whose rows lie in the shared cache as well. */
interface Member {
  readonly rows: TextRows;
  /** That of its own cache when both were last equal. */
  readonly revision: number;
}

/**
 * Runs the next tokens of several sequences in one run, over a shared cache that mirrors the sequences' own: rows are
 * copied in when a sequence comes and appended to both at each step.
 */
export class StepBatch {
  readonly #members = new Map<KVCache, Member>();
  #shared: SharedCache | undefined;

  constructor(
    private readonly model: SharingModel,
    /** Most rows of all sequences together. */
    private readonly maxPositions: number,
  ) {}

  /** Whether a sequence lies in the shared cache. */
  has(cache: KVCache): boolean {
    return this.#members.has(cache);
  }

  /** Those calls, in turn, whose sequences find room beside those that stay. */
  admitted(calls: readonly WaitingCall[]): readonly WaitingCall[] {
    const coming = new Set(calls.map(({ cache }) => cache));
    let rows = 0;
    for (const cache of this.#members.keys()) if (!coming.has(cache)) rows += cache.length;
    return calls.filter(({ cache }) => {
      const fits = rows + cache.length < this.maxPositions;
      if (fits) rows += cache.length + 1;
      return fits;
    });
  }

  /**
   * Runs one token of each call and settles all of them. A rejection settles none and leaves their caches alone; the
   * batch is empty then.
   */
  async run(calls: readonly WaitingCall[]): Promise<void> {
    try {
      const { logits, texts, firstRow } = await this.#step(calls);
      calls.forEach((call, i) => this.#finish(call, { rows: texts[i]!, row: firstRow + i }, logits[i]!));
    } catch (error) {
      this.clear();
      throw error;
    }
  }

  /** Drops the sequences that `stays` says no to. */
  keepOnly(stays: (cache: KVCache) => boolean): void {
    for (const cache of this.#members.keys()) if (!stays(cache)) this.#members.delete(cache);
  }

  /** Drops all sequences, and the memory of the shared cache. */
  clear(): void {
    this.#members.clear();
    this.#shared = undefined;
  }

  async #step(calls: readonly WaitingCall[]) {
    this.#shared ??= new SharedCache(this.model, this.model.createCache());
    const shared = this.#shared;
    this.keepOnly(cache => this.#members.get(cache)!.revision === cache.revision);
    this.#tidy(shared);
    for (const { cache } of calls) {
      if (!this.#members.has(cache)) this.#members.set(cache, { rows: shared.add(cache), revision: cache.revision });
    }
    const { width } = this.model;
    const embeddings = new Float32Array(calls.length * width);
    calls.forEach((call, i) => embeddings.set(call.embeddings, i * width));
    const texts = calls.map(({ cache }) => this.#members.get(cache)!.rows);
    const firstRow = shared.cache.length;
    const step = await shared.step(texts, embeddings);
    const logits = rowsOf(step.logits, calls.length);
    requireNumbers(logits);
    return { logits, texts: step.texts, firstRow };
  }

  #tidy(shared: SharedCache): void {
    const members = [...this.#members];
    const rows = shared.tidy(members.map(([, member]) => member.rows));
    members.forEach(([cache, member], i) => this.#members.set(cache, { ...member, rows: rows[i]! }));
  }

  /** Copies the new row to the sequence's own cache. */
  #finish({ cache, resolve, reject }: WaitingCall, at: { rows: TextRows; row: number }, logits: Float32Array): void {
    const size = cache.kvHeads * cache.headSize;
    const newest = (rows: Float32Array) => rows.subarray((1 + at.row) * size, (2 + at.row) * size);
    const before = cache.length;
    try {
      for (let layer = 0; layer < cache.layers; layer++) {
        cache.append(layer, newest(this.#shared!.cache.key(layer)), newest(this.#shared!.cache.value(layer)), 1);
      }
      cache.advance(1);
    } catch (error) {
      // no memory to grow concerns this sequence alone
      cache.truncate(before);
      reject(error);
      return;
    }
    this.#members.set(cache, { rows: at.rows, revision: cache.revision });
    resolve(logits);
  }
}

function rowsOf(logits: Float32Array, count: number): Float32Array[] {
  const size = logits.length / count;
  return Array.from({ length: count }, (_, i) => logits.subarray(i * size, (i + 1) * size));
}

/** Values that are no numbers spread from one sequence to all that are multiplied with it, even by zero. */
function requireNumbers(logits: readonly Float32Array[]): void {
  if (!logits.some(row => Number.isNaN(row[0]))) return;
  throw new MiniGPT4Error(
    'LOGITS_NOT_FINITE',
    'batchedLanguageModel: broken scores in a shared run, expected numbers, got NaN. Run the sequences apart.',
  );
}
