import { MiniGPT4Error } from '@minigpt4/core';

/** How {@link RequestQueue} bounds requests. */
export interface RequestQueueOptions {
  /** Requests at work at a time. */
  readonly maxConcurrent: number;
  /** Requests that may wait beyond these. */
  readonly maxQueued: number;
}

/** Leaves the queue; harmless when repeated. */
export type Leave = () => void;

/** Requests at work and waiting, first come, first served. */
export class RequestQueue {
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(private readonly limits: RequestQueueOptions) {}

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for a turn.
   *
   * @returns undefined when the signal is aborted first
   * @throws `BUSY` when too many wait already
   */
  async enter(signal?: AbortSignal): Promise<Leave | undefined> {
    if (signal?.aborted === true) return undefined;
    if (this.#running < this.limits.maxConcurrent) this.#running++;
    else if (!(await this.#wait(signal))) return undefined;
    let present = true;
    return () => {
      if (!present) return;
      present = false;
      this.#running--;
      this.#admit();
    };
  }

  /** True when it is the caller's turn, who counts as running from then on; false when the signal is aborted before. */
  #wait(signal: AbortSignal | undefined): Promise<boolean> {
    const { maxConcurrent, maxQueued } = this.limits;
    if (this.#waiting.size >= maxQueued) {
      throw new MiniGPT4Error(
        'BUSY',
        `engine: too many requests at once, expected at most ${maxConcurrent} at work and ${maxQueued} waiting, got one more. Try again in a few seconds.`,
      );
    }
    return new Promise(resolve => {
      const settle = (admitted: boolean) => {
        this.#waiting.delete(admit);
        signal?.removeEventListener('abort', leave);
        resolve(admitted);
      };
      const admit = () => {
        this.#running++;
        settle(true);
      };
      const leave = () => settle(false);
      this.#waiting.add(admit);
      signal?.addEventListener('abort', leave);
    });
  }

  #admit(): void {
    const [admit] = this.#waiting;
    admit?.();
  }
}
