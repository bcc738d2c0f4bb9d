import { alignmentInstructions } from '@minigpt4/prompt-templates';
import type { ImageTextSample } from '../image-text-sample.js';
import { llavaImageMark, llavaName } from '../formats/llava.js';
import type { FolderSetOptions } from './write-filter-cap.js';
import { chosenColumns, type SampleSource, writeFolderSet } from './write-records.js';

/** Where and how a LLaVA list is written. */
export interface LlavaOptions extends FolderSetOptions {
  /** What is asked about a sample that brings no `metadata.question`. Defaults to "Describe this image in detail." */
  readonly question?: string;
}

const imagesFolder = 'images';

/** What is asked where neither the sample nor the caller says: the first of stage 2's instructions. */
export const defaultQuestion: string = alignmentInstructions[0]!;

/** The question a sample brings along, or the one for all. */
export function questionOf(sample: ImageTextSample, question: string): string {
  const own = sample.metadata.question;
  return typeof own === 'string' && own.trim() !== '' ? own : question;
}

/**
 * Writes LLaVA's list as `llava.json`, one question and answer a picture, and `images/`; names in the list are relative to the folder.
 * Returns the number of samples. The folder appears only when it is complete.
 *
 * @throws `OUTPUT_EXISTS`, `DUPLICATE_KEY`, `INVALID_KEY`, `NOT_AN_IMAGE`, `NO_CAPTION`.
 */
export function writeLlava(samples: SampleSource, options: LlavaOptions): Promise<number> {
  const { question = defaultQuestion, columns } = options;
  return writeFolderSet(samples, options, {
    list: llavaName,
    images: imagesFolder,
    syntax: { before: '[\n', between: ',\n', after: '\n]\n' },
    toRecord: (sample, file) => ({
      ...chosenColumns(sample, columns),
      id: sample.key,
      image: `${imagesFolder}/${file}`,
      conversations: [
        { from: 'human', value: `${llavaImageMark}\n${questionOf(sample, question)}` },
        { from: 'gpt', value: sample.caption },
      ],
    }),
  });
}
