/** Sizes beyond which a sample is left out, so that a hostile or damaged file cannot fill the memory. */
export interface DatasetLimits {
  /** Bytes of one encoded picture. Defaults to 32 MiB: above any photograph, below a scan of a wall. */
  readonly imageBytes: number;
  /** Bytes of one caption file. Defaults to 1 MiB. */
  readonly textBytes: number;
  /** Bytes of one sample's JSON file. Defaults to 4 MiB. */
  readonly jsonBytes: number;
  /** Bytes of one record of a JSON list or line of a JSONL file. Defaults to 64 MiB: a data URL of the largest picture is 43 MiB. */
  readonly recordBytes: number;
  /** Files of one sample. Defaults to 64. */
  readonly membersPerSample: number;
}

/** The limits that hold where nothing else is said. */
export const datasetLimits: DatasetLimits = {
  imageBytes: 32 * 2 ** 20,
  textBytes: 2 ** 20,
  jsonBytes: 4 * 2 ** 20,
  recordBytes: 64 * 2 ** 20,
  membersPerSample: 64,
};
