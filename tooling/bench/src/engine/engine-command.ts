import { ownFigures } from '../peer.js';
import { tableLine } from '../table.js';
import type { EngineJob } from './engine-job.js';
import type { Phase } from './timer-gaps.js';

/** Options of {@link engineCommand}. */
export type EngineBenchOptions = Omit<EngineJob, 'where'> & {
  /** Prints one JSON object instead of a table. */
  readonly json: boolean;
};

const places = ['engine', 'in process'] as const;
const widths = [12, 13, 10, 13, 10];

/** How long a server's event loop is away while a model loads, reads and writes: with the engine, and without it. */
export async function engineCommand({ json, ...job }: EngineBenchOptions): Promise<void> {
  const phases: Record<string, readonly Phase[]> = {};
  for (const where of places) phases[where] = await ownFigures<Phase[]>('engine-job', { ...job, where });
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...job, phases })}\n`);
    return;
  }
  const heads = places.flatMap(where => [`${where} s`, 'gap ms']);
  process.stdout.write(`${tableLine(['', ...heads], widths)}\n`);
  phases.engine!.forEach(({ name }, i) => {
    const cells = places.flatMap(where => {
      const { seconds, longestGapMs } = phases[where]![i]!;
      return [seconds.toFixed(2), longestGapMs.toFixed(1)];
    });
    process.stdout.write(`${tableLine([name, ...cells], widths)}\n`);
  });
}
