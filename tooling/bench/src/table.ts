/** Lays out lines of a table: the first cell to the left, the others to the right of their columns. */
export function tableLine(cells: readonly string[], widths: readonly number[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' ');
}

/** A ratio as a table shows it; empty where there is nothing to compare with. */
export function ratioCell(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(2)}x`;
}

/** Bytes in whole megabytes. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
