import { setTimeout as after } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapInOrder } from './map-in-order.js';

describe('mapInOrder', () => {
  it('keeps the order of the items and the limit on what runs', async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number) => {
      most = Math.max(most, ++running);
      await after(item % 2 === 0 ? 3 : 0);
      running--;
      return item * 10;
    };
    const results: number[] = [];
    for await (const result of mapInOrder([1, 2, 3, 4, 5, 6], 3, work)) results.push(result);
    expect(results).toEqual([10, 20, 30, 40, 50, 60]);
    expect(most).toBe(3);
  });

  it('fails when the turn of a failed item comes', async () => {
    const seen: number[] = [];
    const read = async () => {
      for await (const result of mapInOrder([1, 2, 3], 3, item =>
        item === 2 ? Promise.reject(new Error('two')) : Promise.resolve(item),
      )) {
        seen.push(result);
      }
    };
    await expect(read()).rejects.toThrow('two');
    expect(seen).toEqual([1]);
  });
});
