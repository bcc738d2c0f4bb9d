import { megabytes, ratioCell, tableLine } from '../table.js';
import type { TrainRow } from './train-runs.js';

const columns = ['', 'load s', 'step ms', 'peak MB', 'loss', 'speed', 'memory', 'gradient error'];
const widths = [25, 7, 9, 8, 9, 7, 7, 15];

/** The heads of the columns. */
export const heading = tableLine(columns, widths);

/** One line of the table of `bench train`: speed is PyTorch's time over ours, memory ours over PyTorch's. */
export function tableRow(row: TrainRow): string {
  const cells = [
    row.name,
    row.loadSeconds.toFixed(1),
    row.stepMs.toFixed(0),
    megabytes(row.peakBytes),
    row.loss?.toFixed(4) ?? '',
    ratioCell(row.speed),
    ratioCell(row.memory),
    row.gradientError?.toExponential(1) ?? '',
  ];
  return tableLine(cells, widths);
}
