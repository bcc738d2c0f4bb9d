import { MiniGPT4Error } from '@minigpt4/core';

/** A place in the line; leave it in a `finally`. */
export interface Place {
  /** Resolves when it is its turn. @throws the signal's reason when it is aborted first. */
  turn(signal?: AbortSignal): Promise<void>;
  /** Lets the next one in; harmless when repeated. */
  leave(): void;
}

/** Users of something that only a few may use at a time, in order of arrival. */
export interface WaitingLine {
  /**
   * Takes the last place. Users of the same `thing` are let in one after another.
   *
   * @throws `BUSY` when the line is full.
   */
  join(thing: unknown): Place;
  /** Resolves when everybody now in the line has left. */
  settled(): Promise<void>;
}

/** How long a {@link WaitingLine} is. */
export interface WaitingLineOptions {
  /** Users in the line at most, those let in included. */
  readonly capacity: number;
  /** Users let in at a time. */
  readonly atOnce: number;
}

interface User {
  readonly thing: unknown;
  readonly letIn: () => void;
  isIn: boolean;
}

/** An empty line. */
export function waitingLine({ capacity, atOnce }: WaitingLineOptions): WaitingLine {
  const users = new Map<User, Promise<void>>(); // in order of arrival, with what resolves when they leave

  const letIn = () => {
    const taken = new Set<unknown>();
    let free = atOnce;
    for (const user of users.keys()) {
      if (user.isIn) free--;
    }
    for (const user of users.keys()) {
      if (!user.isIn && free > 0 && !taken.has(user.thing)) {
        user.isIn = true;
        user.letIn();
        free--;
      }
      taken.add(user.thing);
    }
  };
  return {
    join(thing) {
      if (users.size >= capacity) {
        throw new MiniGPT4Error(
          'BUSY',
          `server: too many questions at once, expected at most ${capacity} at work and waiting, got one more. Try again in a few seconds.`,
        );
      }
      const [admitted, admit] = gate();
      const [left, depart] = gate();
      const user: User = { thing, letIn: admit, isIn: false };
      users.set(user, left);
      letIn();
      return {
        turn: signal => abortable(admitted, signal),
        leave() {
          if (!users.delete(user)) return;
          depart();
          letIn();
        },
      };
    },
    settled: async () => void (await Promise.all(users.values())),
  };
}

/** A promise and what resolves it. */
function gate(): [Promise<void>, () => void] {
  let open = () => {};
  const opened = new Promise<void>(resolve => {
    open = resolve;
  });
  return [opened, open];
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
