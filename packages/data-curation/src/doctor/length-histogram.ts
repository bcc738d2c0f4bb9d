/** How long texts are, in words or tokens. All zero for no texts. */
export interface LengthHistogram {
  /** [length, number of texts of that length], by length. */
  readonly counts: readonly (readonly [length: number, texts: number])[];
  readonly mean: number;
  readonly median: number;
  /** The length that 95 % of the texts do not exceed. */
  readonly percentile95: number;
  readonly max: number;
}

/** A {@link LengthHistogram} that is being filled. */
export interface LengthCounter {
  add(length: number): void;
  histogram(): LengthHistogram;
}

/** An empty counter; memory grows with the number of different lengths only. */
export function countLengths(): LengthCounter {
  const texts = new Map<number, number>();
  return {
    add: length => texts.set(length, (texts.get(length) ?? 0) + 1),
    histogram() {
      const counts = [...texts].toSorted(([a], [b]) => a - b);
      const total = counts.reduce((sum, [, count]) => sum + count, 0);
      const sum = counts.reduce((lengths, [length, count]) => lengths + length * count, 0);
      // the smallest length that at least this share of the texts does not exceed
      const percentile = (share: number) => {
        let seen = 0;
        return counts.find(([, count]) => (seen += count) >= share * total)?.[0] ?? 0;
      };
      return {
        counts,
        mean: total === 0 ? 0 : sum / total,
        median: percentile(0.5),
        percentile95: percentile(0.95),
        max: counts.at(-1)?.[0] ?? 0,
      };
    },
  };
}
