import type { ImageTextDataset, ImageTextSample } from './image-text-sample.js';
import { checkPosition } from './random-access-dataset.js';
import type { SkipReason, SkipReport } from './skip-report.js';

type Indexed = Required<ImageTextDataset>;

function chainedReport(reports: readonly SkipReport[]): SkipReport {
  return {
    get total() {
      return reports.reduce((sum, report) => sum + report.total, 0);
    },
    get byReason() {
      const sums: Partial<Record<SkipReason, number>> = {};
      for (const { byReason } of reports) {
        for (const [reason, count] of Object.entries(byReason) as [SkipReason, number][]) {
          sums[reason] = (sums[reason] ?? 0) + count;
        }
      }
      return sums;
    },
    get examples() {
      return reports.flatMap(report => report.examples);
    },
  };
}

function isIndexed(set: ImageTextDataset): set is Indexed {
  return set.length !== undefined && set.at !== undefined;
}

/** Positions over all sets: those of the first, then those of the second, and so on. */
function positionsOf(sets: readonly Indexed[]): Pick<Indexed, 'length' | 'at'> {
  const starts: number[] = [];
  let length = 0;
  for (const set of sets) {
    starts.push(length);
    length += set.length;
  }
  return {
    length,
    async at(index) {
      checkPosition('several', index, length);
      const which = starts.findLastIndex(start => start <= index);
      return sets[which]!.at(index - starts[which]!);
    },
  };
}

/** Several sets as one, in order. Has a length and positions where all of them have. */
export function chainDatasets(sets: readonly ImageTextDataset[]): ImageTextDataset {
  async function* samples(options?: { readonly signal?: AbortSignal }): AsyncGenerator<ImageTextSample> {
    for (const set of sets) yield* set.samples(options);
  }
  const skipped = chainedReport(sets.map(set => set.skipped));
  return { format: 'several', skipped, samples, ...(sets.every(isIndexed) ? positionsOf(sets) : {}) };
}
