import { setTimeout as delay } from 'node:timers/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How long a phase took, and how long the event loop was away at most. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  /** The longest time between two firings of a timer of one millisecond, in milliseconds. */
  readonly longestGapMs: number;
}

/** Runs a phase while a timer fires every millisecond. */
export async function timed<T>(name: string, work: () => Promise<T>): Promise<{ phase: Phase; result: T }> {
  const gaps = monitorEventLoopDelay({ resolution: 1 });
  gaps.enable();
  const started = performance.now();
  const result = await work();
  const seconds = (performance.now() - started) / 1000;
  await delay(5); // the timer that the end of the work held up has yet to fire
  gaps.disable();
  return { phase: { name, seconds, longestGapMs: gaps.max / 1e6 }, result };
}
