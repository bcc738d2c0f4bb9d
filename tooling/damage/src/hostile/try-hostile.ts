import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { refusal, type Verdict } from '../judge.js';
import { peakMemory } from '../peak-memory.js';
import type { RunTrial } from '../trials.js';
import { hostileFiles } from './hostile-files.js';

/** The name of a hostile file in the folder of them all. */
export function hostileFileName(number: number): string {
  return `hostile-${number}${hostileFiles[number]?.ending}`;
}

/**
 * Opens hostile files of a folder by their numbers and reads what they hold. Milliseconds are of the processor, so that
 * other work on the machine does not count; memory is what the process grew by.
 */
export function hostileTrials(folder: string): RunTrial {
  return async number => {
    const memoryBefore = peakMemory();
    const before = process.cpuUsage();
    const verdict = await openAndRead(join(folder, hostileFileName(number)));
    const { user, system } = process.cpuUsage(before);
    return {
      damage: hostileFiles[number]?.name ?? 'nothing',
      verdict,
      milliseconds: (user + system) / 1000,
      peakBytes: peakMemory() - memoryBefore,
    };
  };
}

async function openAndRead(path: string): Promise<Verdict> {
  try {
    await using checkpoint = await openCheckpoint(path);
    for (const name of checkpoint.names()) await checkpoint.read(name);
    return { kind: 'whole' };
  } catch (error) {
    return refusal(error);
  }
}
