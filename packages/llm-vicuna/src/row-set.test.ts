import fc from 'fast-check';
import { expect, describe, it } from 'vitest';
import { RowSet } from './row-set.js';

/** The rows of a set, one by one. */
function rowsOf(set: { readonly ranges: RowSet['ranges'] }): number[] {
  return set.ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
}

const range = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 9 }))
  .map(([from, length]) => [from, from + length] as const);

describe('RowSet', () => {
  it('holds the rows it was given, whatever their order, in ranges that do not touch', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), fc.integer({ min: 0, max: 40 }), (ranges, row) => {
        const set = new RowSet();
        const rows = new Set<number>();
        for (const [from, to] of ranges) {
          set.add(from, to);
          for (let i = from; i < to; i++) rows.add(i);
        }
        const expected = [...rows].sort((a, b) => a - b);
        expect(rowsOf(set)).toEqual(expected);
        set.ranges.forEach(([from], i) => expect(from).toBeGreaterThan(set.ranges[i - 1]?.[1] ?? -1));
        expect(set.countBefore(row)).toBe(expected.filter(each => each < row).length);
        expect(set.size).toBe(expected.length);
        const all = Array.from({ length: row }, (_, i) => i);
        expect(rowsOf({ ranges: set.complement(row) })).toEqual(all.filter(each => !rows.has(each)));
        set.clip(row);
        expect(rowsOf(set)).toEqual(expected.filter(each => each < row));
      }),
    );
  });

  it('takes ranges in any order', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), ranges => {
        const one = new RowSet();
        for (const [from, to] of ranges) one.add(from, to);
        expect(new RowSet(ranges).ranges).toEqual(one.ranges);
      }),
    );
  });

  it('tells where its rows lie among those that are kept', () => {
    const kept = new RowSet([
      [1, 3],
      [5, 9],
    ]);
    expect(new RowSet([[2, 7]]).keptIn(kept).ranges).toEqual([[1, 4]]);
    expect(new RowSet([[3, 5]]).keptIn(kept).ranges).toEqual([]);
  });

  it('joins the beginning of one with the end of another', () => {
    const joined = new RowSet([
      [0, 3],
      [5, 9],
    ]).joinedAt(6, new RowSet([[2, 8]]));
    expect(joined.ranges).toEqual([
      [0, 3],
      [5, 8],
    ]);
  });
});
