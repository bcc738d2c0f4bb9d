import { writeFile } from 'node:fs/promises';
import { random } from '@minigpt4/core';
import { damageBytes } from './damage-bytes.js';
import { contentsOf, Judge, type Verdict } from './judge.js';
import type { CheckpointKind } from './originals.js';
import { peakMemory } from './peak-memory.js';

/** One damaged copy and what became of it. */
export interface Trial {
  /** What was done to which file, to find it again. */
  readonly damage: string;
  readonly verdict: Verdict;
  /** Milliseconds from opening to closing. */
  readonly milliseconds: number;
  /** The most memory that this process has held so far, in bytes. */
  readonly peakBytes: number;
}

/** Runs the copy with the given number; the same seed and number damage the same way. */
export type RunTrial = (number: number) => Promise<Trial>;

// copies of two seeds have nothing in common as long as there are fewer than this
const copiesPerSeed = 1_000_003;

/** Makes an original in an empty folder, and gives the way to try copies of it one after another. */
export async function prepareTrials({ make }: CheckpointKind, folder: string, seed: number): Promise<RunTrial> {
  const original = await make(folder);
  const judge = await Judge.of(original);
  const contents = await Promise.all(original.files.map(file => contentsOf(judge, file)));
  return async number => {
    const source = random(seed * copiesPerSeed + number);
    const { file, bytes: before, structure } = contents[source.integer(contents.length)]!;
    const { what, bytes: after } = damageBytes({ bytes: before, structure }, source);
    await writeFile(file, after);
    const begun = performance.now();
    const verdict = await judge.load({ file, before, after });
    const milliseconds = performance.now() - begun;
    await writeFile(file, before);
    const peakBytes = peakMemory();
    return { damage: `${what}, copy ${number}`, verdict, milliseconds, peakBytes };
  };
}
