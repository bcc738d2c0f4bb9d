/** One thing that was compared, and how it came out. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, such as the largest difference and the tolerance. */
  readonly detail: string;
}

/** Collects checks and prints a line for each as it comes. */
export class Report {
  readonly checks: Check[] = [];
  readonly skips: { readonly name: string; readonly reason: string }[] = [];

  constructor(private readonly print: (line: string) => void) {}

  add(name: string, ok: boolean, detail: string): void {
    this.checks.push({ name, ok, detail });
    this.print(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(44)} ${detail}`);
  }

  skip(name: string, reason: string): void {
    this.skips.push({ name, reason });
    this.print(`skipped ${name.padEnd(43)} ${reason}`);
  }

  /** Compares numbers: each may be off by at most `tolerance`. */
  close(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
    if (actual.length !== expected.length) {
      this.add(name, false, `expected ${expected.length} values, got ${actual.length}`);
      return;
    }
    let maxAbsolute = 0;
    let maxRelative = 0;
    for (let i = 0; i < expected.length; i++) {
      const difference = Math.abs(actual[i]! - expected[i]!);
      // a comparison that is never true for not-a-number would let it pass
      maxAbsolute = difference <= maxAbsolute ? maxAbsolute : difference;
      if (expected[i] !== 0) maxRelative = Math.max(maxRelative, difference / Math.abs(expected[i]!));
      if (Number.isNaN(maxAbsolute)) break;
    }
    const figures = `max abs ${maxAbsolute.toExponential(2)}  max rel ${maxRelative.toExponential(2)}  tolerance ${tolerance.toExponential(2)}`;
    this.add(name, maxAbsolute <= tolerance, figures);
  }

  /** Compares whole numbers: all must be equal. */
  equal(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
    const [got, want] = [Array.from(actual), Array.from(expected)];
    const at = want.findIndex((value, i) => value !== got[i]);
    if (at < 0 && got.length === want.length) this.add(name, true, `${want.length} values equal`);
    else if (at < 0) this.add(name, false, `expected ${want.length} values, got ${got.length}`);
    else
      this.add(
        name,
        false,
        `first differs at [${at}]: expected ${want.slice(at, at + 6).join(' ')}, got ${got.slice(at, at + 6).join(' ')}`,
      );
  }
}

/** The largest magnitude among values. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest;
}
