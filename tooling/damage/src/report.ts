import { megabytes, type Tally } from './tally.js';
import type { Trial } from './trials.js';

const columns = ['kind', 'copies', 'whole', 'data unseen', 'meaning unseen', 'refused', 'slowest', 'memory'] as const;
const widths = [19, 7, 7, 12, 15, 8, 9, 8] as const;

/** The head of the table. */
export function tableHead(): string {
  return row(columns);
}

/** The figures of one kind: a row, the codes of its refusals by frequency, and a line for each violation. */
export function tableRow(kind: string, { copies, verdicts, codes, slowest, grownBytes, violations }: Tally): string {
  const { whole, refused } = verdicts;
  const cells = [copies, whole, verdicts['data unseen'], verdicts['meaning unseen'], refused];
  const cost = [`${Math.round(slowest.milliseconds)} ms`, `+${megabytes(grownBytes)}`];
  const byCode = [...codes].sort(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
  return [
    row([kind, ...cells.map(String), ...cost]),
    `  ${byCode.join(', ') || 'nothing refused'}`,
    ...violations.map(line => `  VIOLATION ${line}`),
  ].join('\n');
}

/** What became of a hostile file: the code, processor time and memory. */
export function hostileRow({ damage, verdict, milliseconds, peakBytes }: Trial): string {
  const outcome = verdict.kind === 'refused' ? verdict.code : verdict.kind === 'violation' ? verdict.what : 'opened';
  const cost = `${Math.round(milliseconds)} ms`.padStart(8) + `+${megabytes(peakBytes)}`.padStart(8);
  return `${damage.padEnd(40)}${cost}  ${outcome}`;
}

function row(cells: readonly string[]): string {
  const padded = cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[i] ?? 0)));
  return padded.join(' ').trimEnd();
}
