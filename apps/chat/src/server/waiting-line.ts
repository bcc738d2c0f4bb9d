import { MiniGPT4Error } from '@minigpt4/core';

/** A place in the line; leave it in a `finally`. */
export interface Place {
  /** Resolves when everybody in front has left. @throws the signal's reason when it is aborted first. */
  turn(signal?: AbortSignal): Promise<void>;
  /** Lets the next one in; harmless when repeated. */
  leave(): void;
}

/** Users of something that only one may use at a time, in order of arrival. */
export interface WaitingLine {
  /** Takes the last place. @throws `BUSY` when the line is full. */
  join(): Place;
  /** Resolves when everybody now in the line has left. */
  settled(): Promise<void>;
}

/** A line with room for `capacity` users, the one in front included. */
export function waitingLine(capacity: number): WaitingLine {
  let last: Promise<unknown> = Promise.resolve();
  let users = 0;

  return {
    join() {
      if (users >= capacity) {
        throw new MiniGPT4Error(
          'BUSY',
          `server: too many questions at once, expected fewer than ${capacity} waiting, got ${users}. Try again in a few seconds.`,
        );
      }
      users++;
      const before = last;
      let open = () => {};
      const left = new Promise<void>(resolve => {
        open = resolve;
      });
      last = Promise.all([before, left]);
      let present = true;
      return {
        turn: signal => abortable(before, signal),
        leave() {
          if (!present) return;
          present = false;
          users--;
          open();
        },
      };
    },
    settled: async () => void (await last),
  };
}

async function abortable(promise: Promise<unknown>, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
