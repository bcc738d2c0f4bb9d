import { toDataUrl } from '../files/data-url.js';
import { imageType } from '../files/image-type.js';
import { writeFileAtomically } from '../files/write-atomically.js';
import type { ImageTextSample } from '../image-text-sample.js';
import { defaultQuestion, questionOf } from './write-llava.js';
import {
  appendRecords,
  chosenColumns,
  jsonLines,
  refuseExisting,
  type SampleSource,
  writable,
} from './write-records.js';

/** Where and how messages are written. */
export interface MessagesOptions {
  /** The `.jsonl` file to make. */
  readonly path: string;
  /** What is asked about a sample that brings no `metadata.question`. Defaults to "Describe this image in detail." */
  readonly question?: string;
  /** Names of metadata that each record keeps beside `messages`. Defaults to none, which is all that OpenAI takes. */
  readonly columns?: readonly string[];
  /** Whether a file that is there already may be replaced. Defaults to false. */
  readonly overwrite?: boolean;
}

function toRecord(sample: ImageTextSample, { question = defaultQuestion, columns }: MessagesOptions) {
  const { mediaType } = imageType(writable(sample).image)!;
  const { system } = sample.metadata;
  return {
    messages: [
      ...(typeof system === 'string' ? [{ role: 'system', content: system }] : []),
      {
        role: 'user',
        content: [
          { type: 'text', text: questionOf(sample, question) },
          { type: 'image_url', image_url: { url: toDataUrl(sample.image, mediaType) } },
        ],
      },
      { role: 'assistant', content: sample.caption },
    ],
    ...chosenColumns(sample, columns),
  };
}

/**
 * Writes a line `{messages}` for each sample, in the form of OpenAI's vision fine-tuning, the picture as a base64 data URL.
 * Returns the number of samples. Keys are not part of this layout: a reader numbers the lines, unless `columns` keeps an `id`.
 *
 * @throws `OUTPUT_EXISTS`, `NOT_AN_IMAGE`, `NO_CAPTION`.
 */
export async function writeMessages(samples: SampleSource, options: MessagesOptions): Promise<number> {
  await refuseExisting(options.path, options.overwrite ?? false);
  async function* records() {
    for await (const sample of samples) yield toRecord(sample, options);
  }
  return writeFileAtomically(options.path, append => appendRecords(append, jsonLines, records()));
}
