import { expect, it } from 'vitest';
import { processMemory } from './memory.js';

it('counts what this process holds', async () => {
  const before = await processMemory();
  const held = new Uint8Array(64e6).fill(1);
  const after = await processMemory();
  expect(after.residentBytes).toBeGreaterThan(held.length);
  expect(after.peakBytes).toBeGreaterThanOrEqual(Math.max(after.residentBytes, before.peakBytes));
});
