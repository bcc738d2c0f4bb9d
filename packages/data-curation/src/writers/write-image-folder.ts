import { imageFolderName } from '../formats/image-folder.js';
import type { FolderSetOptions } from './write-filter-cap.js';
import { chosenColumns, jsonLines, type SampleSource, writeFolderSet } from './write-records.js';

const imagesFolder = 'images';

/**
 * Writes Hugging Face's ImageFolder: `metadata.jsonl` with lines of `{file_name, text, id}`, and `images/`.
 * Returns the number of samples. The folder appears only when it is complete.
 *
 * @throws `OUTPUT_EXISTS`, `DUPLICATE_KEY`, `INVALID_KEY`, `NOT_AN_IMAGE`, `NO_CAPTION`.
 */
export function writeImageFolder(samples: SampleSource, options: FolderSetOptions): Promise<number> {
  return writeFolderSet(samples, options, {
    list: imageFolderName,
    images: imagesFolder,
    syntax: jsonLines,
    toRecord: (sample, file) => ({
      file_name: `${imagesFolder}/${file}`,
      text: sample.caption,
      ...chosenColumns(sample, options.columns),
      id: sample.key,
    }),
  });
}
