import type { TrainRow } from './train-runs.js';

const columns = ['', 'load s', 'step ms', 'peak MB', 'loss', 'speed', 'memory', 'gradient error'];
const widths = [25, 7, 9, 8, 9, 7, 7, 15];

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' ');
}

/** The heads of the columns. */
export const heading = line(columns);

/** One line of the table of `bench train`: speed is PyTorch's time over ours, memory ours over PyTorch's. */
export function tableRow(row: TrainRow): string {
  const ratio = (value: number | undefined) => (value === undefined ? '' : `${value.toFixed(2)}x`);
  return line([
    row.name,
    row.loadSeconds.toFixed(1),
    row.stepMs.toFixed(0),
    (row.peakBytes / 1e6).toFixed(0),
    row.loss?.toFixed(4) ?? '',
    ratio(row.speed),
    ratio(row.memory),
    row.gradientError?.toExponential(1) ?? '',
  ]);
}
