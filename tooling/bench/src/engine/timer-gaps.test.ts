import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { timed } from './timer-gaps.js';

it('tells how long the event loop was away, and gives what came out', async () => {
  const { phase, result } = await timed('busy', async () => {
    await delay(5);
    const end = performance.now() + 60;
    while (performance.now() < end);
    return 'done';
  });
  expect([phase.name, result]).toEqual(['busy', 'done']);
  expect(phase.longestGapMs).toBeGreaterThan(50);
  expect(phase.seconds).toBeGreaterThan(0.06);
});
