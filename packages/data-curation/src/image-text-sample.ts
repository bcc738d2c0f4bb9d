import type { SkipReport } from './skip-report.js';

/** One picture and what is said about it. */
export interface ImageTextSample {
  /** The sample's name in its set: the name of its files up to the first dot, or the record's id. */
  readonly key: string;
  /** The encoded picture file (JPEG, PNG, WebP, …), not pixels. */
  readonly image: Uint8Array;
  readonly caption: string;
  /** Everything else the set tells about it: label, group, licence, question, … */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Where it was read from, `FILE:MEMBER` or `FILE:NUMBER`, for messages. */
  readonly source: string;
}

/** The layouts {@link openDataset} reads; `several` is a chain of sets, `sidecars` pictures with a text file of the same name beside each. */
export type DatasetFormat =
  | 'webdataset'
  | 'filter-cap'
  | 'llava'
  | 'messages'
  | 'image-folder'
  | 'sidecars'
  | 'several';

/** A set of image-text samples, whatever its layout. Nothing is held in memory but an index. */
export interface ImageTextDataset {
  readonly format: DatasetFormat;
  /** Number of positions, broken samples that only show when they are read included; absent for a stream. */
  readonly length?: number;
  /** What was left out so far and why; each broken sample counts once, however often it is met. */
  readonly skipped: SkipReport;
  /** All samples in the order of the files, broken ones left out. */
  samples(options?: { readonly signal?: AbortSignal }): AsyncIterable<ImageTextSample>;
  /** The sample at a position in [0, length), or undefined (and one more in `skipped`) where it is broken; absent for a stream. */
  at?(index: number): Promise<ImageTextSample | undefined>;
}
