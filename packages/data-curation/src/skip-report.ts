import { isMiniGPT4Error, MiniGPT4Error } from '@minigpt4/core';

const reasons = {
  NO_IMAGE: 'a sample without a picture',
  NO_CAPTION: 'a sample without a text',
  SEVERAL_IMAGES: 'a record about more than one picture',
  NOT_AN_IMAGE: 'a picture file that holds something else',
  MISSING_IMAGE: 'a picture file that is named but not there',
  REMOTE_IMAGE: 'a picture behind a network address',
  BAD_JSON: 'text that is no JSON',
  BAD_RECORD: 'JSON of another shape, or a picture text that is no base64',
  BAD_GROUP: 'a sample with one extension twice, or with too many files',
  TOO_LARGE: 'a file or record over its limit',
  UNSAFE_NAME: 'a file name that points out of its folder',
  UNREADABLE_FILE: 'a file the system refuses to read',
  UNREADABLE_SHARD: 'a tar that cannot be opened or fetched',
  TRUNCATED_SHARD: 'a tar that ends early',
  BAD_SHARD: 'a file that is no tar, or is damaged',
} as const;

/** Why a sample was left out. The same literals are the `code` of the error where one sample is read directly. */
export type SkipReason = keyof typeof reasons;

/** What a reader left out. A live view: it grows while samples are read. */
export interface SkipReport {
  /** Number of samples (and of shards cut short) left out. */
  readonly total: number;
  readonly byReason: Readonly<Partial<Record<SkipReason, number>>>;
  /** The first five of each reason, with the whole message. */
  readonly examples: readonly { readonly reason: SkipReason; readonly message: string }[];
}

/** A {@link SkipReport} that is being written. */
export interface SkipLog {
  readonly report: SkipReport;
  /** Counts an error made by {@link brokenSample}; throws any other error again. */
  add(error: unknown): void;
}

const examplesPerReason = 5;

// beyond this many different ones, a sample met again counts again: memory stays bounded
const remembered = 100_000;

/** An error about one sample; readers of many samples count it and go on. The message reads `source: what`. */
export function brokenSample(reason: SkipReason, message: string, options?: ErrorOptions): MiniGPT4Error<SkipReason> {
  return new MiniGPT4Error(reason, message, options);
}

/** An empty report and the way to fill it. */
export function createSkipLog(): SkipLog {
  const seen = new Set<string>();
  const byReason: Partial<Record<SkipReason, number>> = {};
  const examples: { reason: SkipReason; message: string }[] = [];
  let total = 0;
  return {
    report: {
      get total() {
        return total;
      },
      byReason,
      examples,
    },
    add(error) {
      if (!isMiniGPT4Error(error) || !Object.hasOwn(reasons, error.code)) throw error;
      const reason = error.code as SkipReason;
      if (seen.has(error.message)) return;
      if (seen.size < remembered) seen.add(error.message);
      total++;
      const count = (byReason[reason] ?? 0) + 1;
      byReason[reason] = count;
      if (count <= examplesPerReason) examples.push({ reason, message: error.message });
    },
  };
}
