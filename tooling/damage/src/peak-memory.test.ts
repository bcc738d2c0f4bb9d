import { expect, it } from 'vitest';
import { peakMemory } from './peak-memory.js';

it('grows with what the process holds', () => {
  const before = peakMemory();
  expect(before).toBeGreaterThan(10 * 2 ** 20);
  const held = Buffer.alloc(2 * before, 1);
  expect(peakMemory() - before).toBeGreaterThan(before / 2);
  expect(held.length).toBe(2 * before);
});
