import type { KVCache } from '../kv-cache.js';

/** A call that waits for its turn. */
export interface WaitingCall {
  readonly embeddings: Float32Array;
  readonly cache: KVCache;
  readonly signal: AbortSignal | undefined;
  resolve(logits: Float32Array): void;
  reject(reason: unknown): void;
}

/** Calls that wait for their turn, first come first served. An aborted one leaves the queue and is rejected at once. */
export class CallQueue<Call extends WaitingCall> {
  readonly #calls: Call[] = [];

  get length(): number {
    return this.#calls.length;
  }

  has(cache: KVCache): boolean {
    return this.#calls.some(call => call.cache === cache);
  }

  /** Queues the call that `make` completes; settles as that call does. */
  add(make: (settle: Pick<WaitingCall, 'resolve' | 'reject'>) => Call): Promise<Float32Array> {
    const settled = new AbortController();
    const result = new Promise<Float32Array>((resolve, reject) => {
      const call = make({ resolve, reject });
      this.#calls.push(call);
      call.signal?.addEventListener('abort', () => this.#leave(call), { signal: settled.signal });
      if (call.signal?.aborted) this.#leave(call);
    });
    return result.finally(() => settled.abort());
  }

  /** Takes the first calls, `count` at most. */
  take(count: number): Call[] {
    return this.#calls.splice(0, count);
  }

  /** Puts a call that is not finished behind the others; one that was aborted meanwhile is rejected. */
  putBack(call: Call): void {
    this.#calls.push(call);
    if (call.signal?.aborted) this.#leave(call);
  }

  #leave(call: Call): void {
    const index = this.#calls.indexOf(call);
    if (index < 0) return;
    this.#calls.splice(index, 1);
    call.reject(call.signal?.reason);
  }
}
