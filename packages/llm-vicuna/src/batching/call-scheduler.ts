import type { KVCache } from '../kv-cache.js';
import type { LanguageModel } from '../language-model.js';
import { tokenSlice } from '../token-slice.js';
import { canShare } from './shared-cache.js';
import { StepBatch } from './step-batch.js';
import { CallQueue, type WaitingCall } from './waiting-call.js';

/** Limits of a {@link CallScheduler}. */
export interface CallSchedulerOptions {
  readonly maxBatch: number;
  readonly maxPositions: number;
  readonly chunkTokens: number;
}

type Call = Pick<WaitingCall, 'embeddings' | 'cache' | 'signal'>;

/** A call that is computed piece by piece: `next` gives the logits with the last one, else undefined. */
interface LongCall extends WaitingCall {
  next(): Promise<Float32Array | undefined>;
}

/** Turns of the event loop that a sequence has to ask for its next token before the others go on. */
const patientTurns = 64;

/** Share of the last run's time that it has at least: readers may be in another process. */
const patientShare = 0.05;

/** Steps without a sequence after which it has left. */
const stepsUntilGone = 8;

/** Decides what a model computes next: the next tokens of all sequences that wait, then a piece of one long call. */
export class CallScheduler {
  readonly #steps = new CallQueue<WaitingCall>();
  readonly #longCalls = new CallQueue<LongCall>();
  /** Sequences that are likely to ask for a next token, with the count of steps they have missed. */
  readonly #present = new Map<KVCache, number>();
  readonly #batch: StepBatch | undefined;
  #working = false;
  #lastRunMs = 0;

  constructor(
    private readonly model: LanguageModel,
    private readonly options: CallSchedulerOptions,
  ) {
    this.#batch = canShare(model) ? new StepBatch(model, options.maxPositions) : undefined;
  }

  /** Runs embeddings behind the cache, as the model does. */
  forward(call: Call): Promise<Float32Array> {
    const { embeddings, cache } = call;
    if (cache.batch === 1 && embeddings.length === this.model.width) {
      return this.#queued(this.#steps.add(settle => ({ ...call, ...settle })));
    }
    const { chunkTokens } = this.options;
    const tokens = embeddings.length / (cache.batch * this.model.width);
    let start = 0;
    return this.takeTurn(call, async () => {
      const count = Math.min(chunkTokens, tokens - start);
      const piece = tokenSlice(embeddings, this.model.width, { batch: cache.batch, start, count });
      const logits = await this.model.forward(piece, cache, call.signal);
      start += count;
      return start < tokens ? undefined : logits;
    });
  }

  /** Runs something that uses the model, in pieces, when its turn comes. */
  takeTurn(call: Call, next: LongCall['next']): Promise<Float32Array> {
    this.#present.delete(call.cache);
    return this.#queued(this.#longCalls.add(settle => ({ ...call, ...settle, next })));
  }

  #queued(result: Promise<Float32Array>): Promise<Float32Array> {
    if (!this.#working) void this.#work();
    return result;
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (;;) {
      await this.#gather();
      if (this.#steps.length + this.#longCalls.length === 0) break;
      const started = performance.now();
      await this.#runSteps();
      this.#lastRunMs = performance.now() - started;
      await this.#runPiece();
    }
    // nobody came back: caches of answers that have ended are not held any longer
    this.#present.clear();
    this.#batch?.clear();
    this.#working = false;
  }

  /** Waits a little for sequences that took part in the last step. */
  async #gather(): Promise<void> {
    const started = performance.now();
    const patience = patientShare * this.#lastRunMs;
    const missing = () => [...this.#present].some(([cache, missed]) => missed === 0 && !this.#steps.has(cache));
    for (let turn = 0; missing(); turn++) {
      if (turn >= patientTurns && performance.now() - started >= patience) return;
      await new Promise<void>(resolve => setImmediate(resolve));
    }
  }

  async #runSteps(): Promise<void> {
    const calls = this.#steps.take(this.options.maxBatch);
    if (calls.length === 0) return;
    const together = this.#together(calls);
    if (together.length > 0) await this.#runTogether(together);
    for (const call of calls) if (!together.includes(call)) await this.#runAlone(call);
    this.#noteSteps(calls);
  }

  /** Those of the calls that are run as one; a single call only as long as its companions may come again. */
  #together(calls: readonly WaitingCall[]): readonly WaitingCall[] {
    const [{ cache }] = calls as [WaitingCall];
    const isAlone = calls.length === 1 && !(this.#batch?.has(cache) === true && this.#present.size > 1);
    return isAlone ? [] : (this.#batch?.admitted(calls) ?? []);
  }

  async #runTogether(calls: readonly WaitingCall[]): Promise<void> {
    try {
      await this.#batch!.run(calls);
    } catch {
      // the fault of one of them, which then meets it alone
      for (const call of calls) await this.#runAlone(call);
    }
  }

  async #runAlone({ embeddings, cache, signal, resolve, reject }: WaitingCall): Promise<void> {
    try {
      resolve(await this.model.forward(embeddings, cache, signal));
    } catch (error) {
      reject(error);
    }
  }

  async #runPiece(): Promise<void> {
    const [call] = this.#longCalls.take(1);
    if (call === undefined) return;
    try {
      const logits = await call.next();
      if (logits === undefined) this.#longCalls.putBack(call);
      else {
        if (call.cache.batch === 1) this.#present.set(call.cache, 0);
        call.resolve(logits);
      }
    } catch (error) {
      call.reject(error);
    }
  }

  #noteSteps(calls: readonly WaitingCall[]): void {
    for (const [cache, missed] of this.#present) {
      if (this.#steps.has(cache)) continue;
      if (missed < stepsUntilGone) this.#present.set(cache, missed + 1);
      else this.#present.delete(cache);
    }
    for (const { cache } of calls) this.#present.set(cache, 0);
    this.#batch?.keepOnly(cache => this.#present.has(cache));
  }
}
