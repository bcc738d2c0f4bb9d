import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { MiniGPT4Error } from '@minigpt4/core';
import { imageType } from '../files/image-type.js';
import { keyToMemberName } from '../files/key-to-name.js';
import { type Append, writeFileAtomically } from '../files/write-atomically.js';
import { refuseExisting, type SampleSource, writable } from '../writers/write-records.js';
import type { ImageTextSample } from '../image-text-sample.js';

/** Where and how shards are written. */
export interface WebDatasetOptions {
  /** Folder of the shards; other files in it are left alone. */
  readonly folder: string;
  /** What the names begin with: `NAME-000000.tar`. Defaults to "shard". */
  readonly name?: string;
  /** Samples of one shard at most. Defaults to 10,000, as img2dataset writes. */
  readonly samplesPerShard?: number;
  /** Bytes of one shard at most, unless a single sample is larger. Defaults to 1 GiB. */
  readonly bytesPerShard?: number;
  /** Whether a shard that is there already may be replaced. Defaults to false. */
  readonly overwrite?: boolean;
}

/** One shard as it was written. */
export interface WrittenShard {
  readonly path: string;
  readonly samples: number;
  readonly bytes: number;
}

const endMarker = new Uint8Array(1024);

/** JSON whose names are in one order whatever order they came in, so that equal samples make equal bytes. */
export function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** The tar blocks of one sample: picture, caption and JSON, without the tar's end marker. */
async function sampleBlocks(sample: ImageTextSample): Promise<Buffer> {
  const { key, image, caption, metadata } = writable(sample);
  const name = keyToMemberName(key);
  const members: readonly (readonly [string, Uint8Array])[] = [
    [imageType(image)!.extension, image],
    ['txt', Buffer.from(caption)],
    ['json', Buffer.from(sortedJson({ ...metadata, caption }))],
  ];
  const tar = pack();
  for (const [extension, bytes] of members) {
    tar.entry({ name: `${name}.${extension}`, mtime: new Date(0), mode: 0o644, uid: 0, gid: 0 }, bytes);
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks).subarray(0, -endMarker.length);
}

interface EncodedSample {
  readonly key: string;
  readonly blocks: Buffer;
}

/** Encoded samples, of which the next can be looked at before it is taken. */
async function peekable(samples: SampleSource) {
  async function* encoded(): AsyncGenerator<EncodedSample> {
    for await (const sample of samples) yield { key: sample.key, blocks: await sampleBlocks(sample) };
  }
  const iterator = encoded();
  let next = await iterator.next();
  return {
    peek: () => (next.done ? undefined : next.value),
    take: async () => {
      next = await iterator.next();
    },
    close: () => iterator.return(undefined),
  };
}

function checkSizes(samplesPerShard: number, bytesPerShard: number): void {
  if (samplesPerShard >= 1 && bytesPerShard >= 1) return;
  throw new MiniGPT4Error(
    'INVALID_OPTION',
    `writeWebDataset: expected at least 1 sample and 1 byte a shard, got ${samplesPerShard} and ${bytesPerShard}. Leave them out for the defaults.`,
  );
}

type EncodedSource = Awaited<ReturnType<typeof peekable>>;

function refuseRepeated(key: string, previous: string | undefined): void {
  if (key !== previous) return;
  throw new MiniGPT4Error(
    'DUPLICATE_KEY',
    `writeWebDataset: expected neighbours with different keys, got ${JSON.stringify(key)} twice. Give each sample a key of its own.`,
  );
}

async function fillShard(
  source: EncodedSource,
  append: Append,
  limits: { readonly samples: number; readonly bytes: number },
): Promise<Omit<WrittenShard, 'path'>> {
  let samples = 0;
  let bytes = endMarker.length;
  let previous: string | undefined;
  for (let next = source.peek(); next; next = source.peek()) {
    if (samples > 0 && (samples >= limits.samples || bytes + next.blocks.length > limits.bytes)) break;
    refuseRepeated(next.key, previous);
    await append(next.blocks);
    samples++;
    bytes += next.blocks.length;
    previous = next.key;
    await source.take();
  }
  await append(endMarker);
  return { samples, bytes };
}

/** Removes the shards that an earlier, longer set of the same name left behind the new ones. */
async function removeFollowing(pathOf: (index: number) => string, first: number): Promise<void> {
  for (let index = first; existsSync(pathOf(index)); index++) await rm(pathOf(index));
}

/**
 * Writes samples as tar shards: of each sample `KEY.jpg` (or its own kind), `KEY.txt` and `KEY.json` with the metadata and the caption.
 * The bytes depend on the samples and their order alone: times are 0, JSON names are sorted. A shard appears only when it is complete.
 * Dots in a key, and what file systems refuse, become %XX.
 *
 * @throws `OUTPUT_EXISTS`, `DUPLICATE_KEY` for the same key twice in a row, `INVALID_KEY`, `INVALID_OPTION`, `NOT_AN_IMAGE`, `NO_CAPTION`.
 */
export async function writeWebDataset(samples: SampleSource, options: WebDatasetOptions): Promise<WrittenShard[]> {
  const { folder, name = 'shard', samplesPerShard = 10_000, bytesPerShard = 2 ** 30, overwrite = false } = options;
  checkSizes(samplesPerShard, bytesPerShard);
  const pathOf = (index: number) => join(folder, `${name}-${String(index).padStart(6, '0')}.tar`);
  const source = await peekable(samples);
  const shards: WrittenShard[] = [];
  try {
    while (source.peek()) {
      const path = pathOf(shards.length);
      await refuseExisting(path, overwrite);
      const limits = { samples: samplesPerShard, bytes: bytesPerShard };
      shards.push({ path, ...(await writeFileAtomically(path, append => fillShard(source, append, limits))) });
    }
  } finally {
    await source.close();
  }
  if (overwrite) await removeFollowing(pathOf, shards.length);
  return shards;
}
