import { createHash } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { random } from '@minigpt4/core';
import {
  type ImageTextSample,
  indexShards,
  readSample,
  type ShardEntry,
  writeFilterCap,
  writeWebDataset,
} from '@minigpt4/data-curation';
import { derivedSeed } from '../config/derived-seed.js';
import type { ArtStyle } from './catalogue/art-styles.js';
import type { Drawing } from './catalogue/drawings.js';
import { contactSheet } from './contact-sheet.js';
import type { Texts } from './read-texts.js';
import { stopIfInterrupted } from './interruption.js';
import type { RenderedStyle } from './render-style.js';
import { describeFlag, describeThing, openingCount } from './text/describe.js';

/** Samples of one shard of stage 1. */
const samplesPerShard = 3000;

/** Files that were written, by name, and how many samples each holds. */
export type WrittenFiles = Readonly<Record<string, number>>;

/** How many descriptions there are of each kind. */
export interface DescriptionCounts {
  readonly things: number;
  readonly flags: number;
}

/** What {@link writeSets} puts together. */
export interface SetOptions {
  /** Folder of the set, empty. */
  readonly folder: string;
  /** Every style with the shard of its samples. */
  readonly styles: readonly (readonly [ArtStyle, RenderedStyle])[];
  /** What each sample shows, by key. */
  readonly drawings: ReadonlyMap<string, Drawing>;
  readonly texts: Texts;
  readonly signal?: AbortSignal;
  onProgress?(progress: { readonly task: string; readonly done: number; readonly total: number }): void;
}

/** Writes the shards of stage 1, the files of validation and tests, the descriptions of stage 2 and the contact sheet. */
export async function writeSets(options: SetOptions): Promise<{ samples: WrittenFiles; stage2: DescriptionCounts }> {
  const { styles, folder, drawings } = options;
  const shardsOf = (set: string) =>
    styles.flatMap(([style, { shard }]) => (style.set === set && shard !== undefined ? [shard] : []));
  const wholeSets = [...new Set(styles.filter(([{ use }]) => use !== 'train').map(([{ set }]) => set))];
  let samples: WrittenFiles = await writeTrainingShards(shardsOf('stage1'), options);
  for (const name of wholeSets) samples = { ...samples, ...(await writeWholeSet(name, shardsOf(name), options)) };
  const stage2 = await writeDescriptions(shardsOf('stage1'), options);
  // a picture with share-alike art in it would have to be under that licence as a whole
  const shown = styles.flatMap(([{ license }, { shard }]) => (license.includes('-SA-') || !shard ? [] : [shard]));
  await writeFile(join(folder, 'contact-sheet.webp'), await contactSheet(shown, drawings));
  return { samples, stage2 };
}

/** Mixes samples into the shards of stage 1, `stage1-000000.tar` and so on, in an order that only their keys decide. */
async function writeTrainingShards(shards: readonly string[], options: SetOptions): Promise<WrittenFiles> {
  const { entries } = await indexShards(shards);
  const samples = readAll(shuffledByKey(entries, 'stage1'), 'writing stage 1', options);
  const written = await writeWebDataset(samples, { folder: options.folder, name: 'stage1', samplesPerShard });
  return Object.fromEntries(written.map(shard => [basename(shard.path), shard.samples]));
}

/** Writes samples in their own order as one file, `NAME.tar`. */
async function writeWholeSet(name: string, shards: readonly string[], options: SetOptions): Promise<WrittenFiles> {
  const { entries } = await indexShards(shards);
  const { folder } = options;
  const [written] = await writeWebDataset(readAll(entries, `writing ${name}`, options), {
    folder,
    name,
    samplesPerShard: Number.MAX_SAFE_INTEGER,
    bytesPerShard: Number.MAX_SAFE_INTEGER,
  });
  if (!written) return {};
  await rename(written.path, join(folder, `${name}.tar`));
  return { [`${name}.tar`]: written.samples };
}

/** Writes stage 2, `stage2/filter_cap.json` and `stage2/image/`: the training pictures that something can be said of. */
async function writeDescriptions(shards: readonly string[], options: SetOptions): Promise<DescriptionCounts> {
  const { drawings, texts, folder } = options;
  const { entries } = await indexShards(shards);
  const counts = { things: 0, flags: 0 };
  async function* described(): AsyncGenerator<ImageTextSample> {
    for await (const sample of readAll(shuffledByKey(entries, 'stage2'), 'writing stage 2', options)) {
      const drawing = drawings.get(sample.key);
      const caption = drawing && describe(drawing, sample, texts);
      if (caption === undefined) continue;
      const key = String(counts.things + counts.flags);
      counts[drawing?.concept.group === 'flags' ? 'flags' : 'things']++;
      yield { ...sample, key, caption };
    }
  }
  const columns = ['label', 'concept', 'style', 'license'];
  await writeFilterCap(described(), { folder: join(folder, 'stage2'), columns });
  return counts;
}

function describe(
  { key, concept, hasTone }: Drawing,
  { metadata }: ImageTextSample,
  { senses, flagLooks, catalogue }: Texts,
): string | undefined {
  if (hasTone) return undefined;
  const { code, label, group, subgroup } = concept;
  const facts = { label, group, colours: metadata['colours'] as readonly string[] };
  if (subgroup === 'country-flag') {
    const looks = flagLooks(label.replace(/^flag of /u, ''));
    return looks === undefined ? undefined : describeFlag(facts, looks);
  }
  const sense = senses.get(code);
  if (!sense || catalogue.heldOut.inSentence(sense.gloss)) return undefined;
  return describeThing(facts, sense, random(derivedSeed(0, 'opening', key)).integer(openingCount));
}

async function* readAll(
  entries: readonly ShardEntry[],
  task: string,
  { signal, onProgress }: SetOptions,
): AsyncGenerator<ImageTextSample> {
  for (const [i, entry] of entries.entries()) {
    stopIfInterrupted(signal);
    yield await readSample(entry);
    onProgress?.({ task, done: i + 1, total: entries.length });
  }
}

function shuffledByKey(entries: readonly ShardEntry[], purpose: string): ShardEntry[] {
  const place = ({ key }: ShardEntry) => createHash('sha256').update(`${purpose} ${key}`).digest('hex');
  return entries
    .map(entry => ({ entry, place: place(entry) }))
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ entry }) => entry);
}
