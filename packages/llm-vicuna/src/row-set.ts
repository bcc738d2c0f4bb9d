/** Rows from the first number up to, not including, the second. */
export type RowRange = readonly [from: number, to: number];

/** Some rows of a cache: ascending ranges that do not touch. */
export class RowSet {
  #ranges: readonly RowRange[];

  /** The rows of some ranges, which may overlap and come in any order. */
  constructor(ranges: readonly RowRange[] = []) {
    this.#ranges = merged(ranges);
  }

  get ranges(): readonly RowRange[] {
    return this.#ranges;
  }

  /** How many rows it holds. */
  get size(): number {
    return this.#ranges.reduce((sum, [from, to]) => sum + to - from, 0);
  }

  /** Takes in the rows from … to. */
  add(from: number, to: number): void {
    this.#ranges = merged([...this.#ranges, [from, to]]);
  }

  /** Forgets rows from `length` on. */
  clip(length: number): void {
    this.#ranges = this.#ranges
      .filter(([from]) => from < length)
      .map(([from, to]): RowRange => [from, Math.min(to, length)]);
  }

  /** How many of the rows before `row` it holds. */
  countBefore(row: number): number {
    return this.#ranges.reduce((sum, [from, to]) => sum + Math.max(0, Math.min(to, row) - from), 0);
  }

  /** Those of the rows 0 … length that it does not hold. */
  complement(length: number): readonly RowRange[] {
    const starts = [0, ...this.#ranges.map(range => range[1])];
    const ends = [...this.#ranges.map(range => range[0]), length];
    return starts.map((from, i): RowRange => [from, Math.min(ends[i]!, length)]).filter(([from, to]) => from < to);
  }

  /** These rows before `row`, `other`'s from it on. */
  joinedAt(row: number, other: RowSet): RowSet {
    const before = new RowSet(this.#ranges);
    before.clip(row);
    const behind = other.ranges.map(([from, to]): RowRange => [Math.max(from, row), to]);
    return new RowSet([...before.ranges, ...behind]);
  }

  /** Where these rows lie once all rows but `kept` are gone. */
  keptIn(kept: RowSet): RowSet {
    return new RowSet(this.#ranges.map(([from, to]) => [kept.countBefore(from), kept.countBefore(to)]));
  }
}

function merged(ranges: readonly RowRange[]): RowRange[] {
  const ascending = ranges.filter(([from, to]) => from < to).sort((a, b) => a[0] - b[0]);
  const result: RowRange[] = [];
  for (const [from, to] of ascending) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], to)];
    else result.push([from, to]);
  }
  return result;
}
