import { MiniGPT4Error, type Random, random, randomFromState } from '@minigpt4/core';

/** Where a shuffle stands. Plain numbers, to be kept as JSON. */
export interface ShuffleState {
  readonly size: number;
  readonly initial: number;
  readonly random: readonly number[];
  /** How many items were taken from the source. */
  readonly consumed: number;
  /** Which of them (counted from 0) lie in the buffer, in its order. */
  readonly buffered: readonly number[];
}

/** What {@link shuffle} may be told. */
export interface ShuffleOptions {
  /** Items that the buffer holds at most. Defaults to 1000, as the original's shards are read. */
  readonly size?: number;
  /** Items in the buffer before the first is handed out. Defaults to 100. */
  readonly initial?: number;
  /** Where the random choice starts. Defaults to 0. */
  readonly seed?: number;
  /** A state taken from an earlier shuffle of the same source; size, initial fill and seed are then those of that one. */
  readonly state?: ShuffleState;
}

/** Shuffled items, to be read once. */
export interface Shuffled<T> extends AsyncIterable<T> {
  /** The state after the last item handed out. */
  state(): ShuffleState;
}

interface Slot<T> {
  readonly ordinal: number;
  readonly item: T;
}

/** Reads the source up to where a state was taken, keeping only what lay in the buffer then. */
async function refill<T>(source: AsyncIterator<T>, { consumed, buffered }: ShuffleState): Promise<Slot<T>[]> {
  const wanted = new Set(buffered);
  const kept = new Map<number, T>();
  for (let ordinal = 0; ordinal < consumed; ordinal++) {
    const next = await source.next();
    if (next.done) {
      throw new MiniGPT4Error(
        'RESUME_MISMATCH',
        `shuffle: the source ended early, expected at least ${consumed} items as before, got ${ordinal}. Resume on the same files.`,
      );
    }
    if (wanted.has(ordinal)) kept.set(ordinal, next.value);
  }
  return buffered.map(ordinal => ({ ordinal, item: kept.get(ordinal)! }));
}

function checkedState({ size = 1000, initial = 100, seed = 0, state }: ShuffleOptions): ShuffleState {
  const start = state ?? {
    size,
    initial: Math.min(initial, size),
    random: random(seed).state(),
    consumed: 0,
    buffered: [],
  };
  if (
    Number.isSafeInteger(start.size) &&
    Number.isSafeInteger(start.initial) &&
    start.size >= 1 &&
    start.initial >= 1
  ) {
    return start;
  }
  throw new MiniGPT4Error(
    'INVALID_OPTION',
    `shuffle: expected whole numbers of at least 1, got size ${start.size} and initial ${start.initial}. Give a size such as 1000.`,
  );
}

/**
 * Hands out the items of a stream in random order through a bounded buffer, in the manner of WebDataset: each new item goes into the buffer
 * (two at a time until it is full), and a random one comes out. The order depends on seed, size and initial fill only.
 *
 * Resuming reads the source again from its start, without keeping what was handed out before.
 *
 * @throws `INVALID_OPTION`, and `RESUME_MISMATCH` where the source is shorter than it was.
 */
export function shuffle<T>(source: AsyncIterable<T>, options: ShuffleOptions = {}): Shuffled<T> {
  const start = checkedState(options);
  const chance: Random = randomFromState(start.random);
  const { size, initial } = start;
  let consumed = start.consumed;
  let slots: Slot<T>[] | undefined;

  function take(from: Slot<T>[]): T {
    const chosen = chance.integer(from.length);
    const last = from.pop()!;
    if (chosen === from.length) return last.item;
    const { item } = from[chosen]!;
    from[chosen] = last;
    return item;
  }

  async function* items(): AsyncGenerator<T> {
    const iterator = source[Symbol.asyncIterator]();
    try {
      const buffer = (slots = await refill(iterator, start));
      const pull = async () => {
        const next = await iterator.next();
        if (!next.done) buffer.push({ ordinal: consumed++, item: next.value });
        return !next.done;
      };
      while (await pull()) {
        if (buffer.length < size) await pull();
        if (buffer.length >= initial) yield take(buffer);
      }
      while (buffer.length > 0) yield take(buffer);
    } finally {
      await iterator.return?.();
    }
  }

  const handedOut = items();
  return {
    [Symbol.asyncIterator]: () => handedOut,
    state: () => ({
      size,
      initial,
      random: chance.state(),
      consumed,
      buffered: slots?.map(slot => slot.ordinal) ?? start.buffered,
    }),
  };
}
