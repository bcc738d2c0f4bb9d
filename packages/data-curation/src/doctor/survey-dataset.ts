import type { SampleSource } from '../writers/write-records.js';
import { fingerprint } from './fingerprint.js';
import { countLengths, type LengthHistogram } from './length-histogram.js';

/** What {@link surveyDataset} found. */
export interface DatasetSurvey {
  readonly samples: number;
  /** Keys of samples whose picture files are the same bytes: one list for each picture that occurs more than once. */
  readonly duplicateImages: readonly (readonly string[])[];
  /** Keys of samples whose captions are the same words, whatever case and punctuation. */
  readonly duplicateCaptions: readonly (readonly string[])[];
  /** Number of samples by `metadata.license` (or `licence`); `unknown` where there is none. */
  readonly licences: Readonly<Record<string, number>>;
  /** Lengths of the captions in words between white space. */
  readonly words: LengthHistogram;
  /** Lengths of the captions in tokens, where a way to count them was given. */
  readonly tokens?: LengthHistogram;
}

/** What {@link surveyDataset} may be told. */
export interface SurveyOptions {
  /** Counts the tokens of a caption, such as `text => tokenizer.encode(text).length`. */
  readonly countTokens?: (text: string) => number;
}

function licenceOf({ license, licence = license }: Readonly<Record<string, unknown>>): string {
  return typeof licence === 'string' && licence !== '' ? licence : 'unknown';
}

/** Remembers which keys came with the same digest. */
function duplicateFinder() {
  const keys = new Map<string, string[]>();
  return {
    add(digest: string, key: string): void {
      const known = keys.get(digest);
      if (known) known.push(key);
      else keys.set(digest, [key]);
    },
    groups: () => [...keys.values()].filter(group => group.length > 1),
  };
}

/** Reads a set once and tells what is in it. Memory: some 500 bytes for each sample, pictures are not kept. */
export async function surveyDataset(
  samples: SampleSource,
  { countTokens }: SurveyOptions = {},
): Promise<DatasetSurvey> {
  const [images, captions] = [duplicateFinder(), duplicateFinder()];
  const [words, tokens] = [countLengths(), countLengths()];
  const licences = new Map<string, number>();
  let count = 0;
  for await (const sample of samples) {
    const { key, caption, metadata } = sample;
    const digests = fingerprint(sample);
    images.add(digests.image, key);
    captions.add(digests.caption, key);
    words.add(caption.split(/\s+/u).filter(word => word !== '').length);
    if (countTokens) tokens.add(countTokens(caption));
    const licence = licenceOf(metadata);
    licences.set(licence, (licences.get(licence) ?? 0) + 1);
    count++;
  }
  return {
    samples: count,
    duplicateImages: images.groups(),
    duplicateCaptions: captions.groups(),
    licences: Object.fromEntries(licences),
    words: words.histogram(),
    ...(countTokens ? { tokens: tokens.histogram() } : {}),
  };
}
