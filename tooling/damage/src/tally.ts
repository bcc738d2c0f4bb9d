import type { Verdict } from './judge.js';
import type { RunTrial, Trial } from './trials.js';

/** How many copies are tried and what they may cost. */
export interface TallyOptions {
  readonly copies: number;
  /** Bytes by which the process may grow beyond what it held after the first copy. Defaults to 256 MiB. */
  readonly memoryLimit?: number;
}

/** What became of many damaged copies of one kind. */
export interface Tally {
  readonly copies: number;
  readonly verdicts: Readonly<Record<Verdict['kind'], number>>;
  /** Refused copies by code. */
  readonly codes: ReadonlyMap<string, number>;
  readonly slowest: { readonly milliseconds: number; readonly damage: string };
  /** Bytes by which the process grew while it tried the copies. */
  readonly grownBytes: number;
  /** Lines that say which copy did what must not be. */
  readonly violations: readonly string[];
}

const mebibyte = 2 ** 20;

/** Tries copies 0, 1, 2, … and counts. */
export async function tallyTrials(
  runTrial: RunTrial,
  { copies, memoryLimit = 256 * mebibyte }: TallyOptions,
): Promise<Tally> {
  const verdicts = { whole: 0, 'data unseen': 0, 'meaning unseen': 0, refused: 0, violation: 0 };
  const codes = new Map<string, number>();
  const violations: string[] = [];
  let slowest: Pick<Trial, 'milliseconds' | 'damage'> = { milliseconds: 0, damage: 'none' };
  let firstPeak: number | undefined;
  let grownBytes = 0;
  for (let number = 0; number < copies; number++) {
    const trial = await runTrial(number);
    const { verdict, damage, milliseconds, peakBytes } = trial;
    verdicts[verdict.kind]++;
    if (verdict.kind === 'refused') codes.set(verdict.code, (codes.get(verdict.code) ?? 0) + 1);
    if (verdict.kind === 'violation') violations.push(`${damage}: ${verdict.what}`);
    if (milliseconds > slowest.milliseconds) slowest = { milliseconds, damage };
    firstPeak ??= peakBytes;
    const grown = peakBytes - firstPeak;
    if (grown > memoryLimit && grownBytes <= memoryLimit) {
      violations.push(`${damage}: the process grew by ${megabytes(grown)}, at most ${megabytes(memoryLimit)} expected`);
    }
    grownBytes = Math.max(grownBytes, grown);
  }
  return { copies, verdicts, codes, slowest, grownBytes, violations };
}

/** A size as a report shows it. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / mebibyte)} MB`;
}
