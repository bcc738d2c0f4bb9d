import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from '../__fixtures__/make-samples.js';
import { shuffle, type ShuffleState } from './shuffle.js';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}

const settings = fc.record({
  count: fc.nat(60),
  size: fc.integer({ min: 1, max: 20 }),
  initial: fc.integer({ min: 1, max: 20 }),
  seed: fc.integer(),
});

describe('shuffle', () => {
  it('hands out every item once, in an order of its seed', async () => {
    const check = fc.asyncProperty(settings, async ({ count, ...options }) => {
      const items = await collect(shuffle(numbers(count), options));
      expect(items.toSorted((a, b) => a - b)).toEqual(await collect(numbers(count)));
      expect(await collect(shuffle(numbers(count), options))).toEqual(items);
    });
    await fc.assert(check);
    expect(await collect(shuffle(numbers(50), { seed: 1 }))).not.toEqual(
      await collect(shuffle(numbers(50), { seed: 2 })),
    );
  });

  it('holds no more than its size and begins after its initial fill', async () => {
    let taken = 0;
    async function* counted() {
      for (; taken < 1000; ) yield taken++;
    }
    const items = shuffle(counted(), { size: 30, initial: 10, seed: 3 })[Symbol.asyncIterator]();
    await items.next();
    expect(taken).toBe(10);
    for (let given = 2; given <= 100; given++) {
      await items.next();
      expect(taken - given).toBeLessThanOrEqual(30);
    }
    expect(taken, 'full: one in, one out').toBe(100 + 29);
    await items.return?.();
  });

  it('goes on exactly where a state was taken, after any number of items', async () => {
    const check = fc.asyncProperty(settings, fc.nat(60), async ({ count, ...options }, before) => {
      const straight = shuffle(numbers(count), options);
      const items = straight[Symbol.asyncIterator]();
      for (let i = 0; i < before; i++) await items.next();
      const state = JSON.parse(JSON.stringify(straight.state())) as ShuffleState;
      const resumed = shuffle(numbers(count), { state });
      expect(resumed.state(), 'before the first item').toEqual(state);
      const rest = await collect({ [Symbol.asyncIterator]: () => items });
      expect(await collect(resumed)).toEqual(rest);
    });
    await fc.assert(check);
  });

  it('refuses to resume on a shorter source, and sizes below 1', async () => {
    const straight = shuffle(numbers(100), { size: 10, initial: 5 });
    await straight[Symbol.asyncIterator]().next();
    const resumed = shuffle(numbers(3), { state: straight.state() });
    await expect(collect(resumed)).rejects.toThrow(expect.objectContaining({ code: 'RESUME_MISMATCH' }));
    for (const options of [{ size: 0 }, { initial: 0 }, { size: 1.5 }]) {
      expect(() => shuffle(numbers(1), options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
  });

  it('closes its source when it is left early', async () => {
    let closed = false;
    async function* source() {
      try {
        yield* numbers(100);
      } finally {
        closed = true;
      }
    }
    for await (const item of shuffle(source(), { size: 4, initial: 2 })) if (item >= 0) break;
    expect(closed).toBe(true);
  });
});
