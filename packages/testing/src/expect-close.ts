import { expect } from 'vitest';

/** How far two arrays may differ: |actual − expected| ≤ absolute + relative · |expected|, element by element. */
export interface Tolerance {
  /** Defaults to 1e-6. */
  readonly absolute?: number;
  /** Defaults to 1e-3. */
  readonly relative?: number;
}

/** The largest difference of two arrays and where it is. */
export interface Difference {
  readonly maxAbsolute: number;
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
}

/** The largest absolute difference of two equally long arrays; not-a-number on one side alone counts as infinite. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): Difference {
  let worst: Difference = { maxAbsolute: 0, index: 0, actual: actual[0] ?? 0, expected: expected[0] ?? 0 };
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const e = expected[i]!;
    const difference = Object.is(a, e) ? 0 : Number.isNaN(a - e) ? Number.POSITIVE_INFINITY : Math.abs(a - e);
    if (difference > worst.maxAbsolute) worst = { maxAbsolute: difference, index: i, actual: a, expected: e };
  }
  return worst;
}

/** Fails the test unless the arrays are equally long and close everywhere; the message names the first bad index and the largest error. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute = 1e-6, relative = 1e-3 }: Tolerance = {},
): void {
  expect(actual.length, 'number of elements').toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (Object.is(actual[i], expected[i]) || difference <= absolute + relative * Math.abs(expected[i]!)) continue;
    const worst = largestDifference(actual, expected);
    expect.fail(
      `first differs at [${i}]: expected ${expected[i]}, got ${actual[i]} (allowed ${absolute} + ${relative} · |expected|); ` +
        `largest difference ${worst.maxAbsolute} at [${worst.index}]: expected ${worst.expected}, got ${worst.actual}`,
    );
  }
}
