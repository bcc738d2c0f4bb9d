import { keyToFileName } from '../files/key-to-name.js';
import { filterCapImages, filterCapName } from '../formats/filter-cap.js';
import { chosenColumns, type SampleSource, writeFolderSet } from './write-records.js';

/** Where and how a list with a folder of pictures is written. */
export interface FolderSetOptions {
  /** The folder to make. */
  readonly folder: string;
  /** Names of metadata that each record keeps. Defaults to none: the layout's own fields alone. */
  readonly columns?: readonly string[];
  /** Whether a set of this layout that is there already may be replaced. Defaults to false. */
  readonly overwrite?: boolean;
}

/**
 * Writes stage 2's curated layout: `filter_cap.json` with `annotations` of `{image_id, caption}`, and `image/{image_id}` with the ending of the
 * picture's kind (the original code reads .jpg alone). Returns the number of samples. The folder appears only when it is complete.
 *
 * @throws `OUTPUT_EXISTS`, `DUPLICATE_KEY`, `INVALID_KEY`, `NOT_AN_IMAGE`, `NO_CAPTION`.
 */
export function writeFilterCap(samples: SampleSource, options: FolderSetOptions): Promise<number> {
  return writeFolderSet(samples, options, {
    list: filterCapName,
    images: filterCapImages,
    syntax: { before: '{"annotations": [\n', between: ',\n', after: '\n]}\n' },
    toRecord: sample => ({
      ...chosenColumns(sample, options.columns),
      image_id: keyToFileName(sample.key),
      caption: sample.caption,
    }),
  });
}
