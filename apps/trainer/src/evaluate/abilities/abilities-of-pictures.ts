import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { openDataset } from '@minigpt4/data-curation';
import { thumbnail } from '../../model/read-pictures.js';
import { abilitiesPage } from '../../report/abilities-page.js';
import { type AbilitiesOptions, type AbilitiesReport, askAbilities, type AskedPicture } from './ask-abilities.js';
import { paperAbilities } from './paper-abilities.js';

/** Picture files, or the first pictures of a set. */
export type PictureChoice =
  | { readonly files: readonly string[] }
  | { readonly data: readonly string[]; readonly limit: number };

/** What {@link abilitiesOfPictures} is told. */
export interface AbilitiesOfPicturesOptions extends Omit<AbilitiesOptions, 'pictures' | 'abilities'> {
  readonly pictures: PictureChoice;
}

/**
 * Asks for the paper's abilities about chosen pictures; `page` makes a self-contained HTML page of it.
 *
 * @throws `IMAGE_NOT_FOUND` for a picture file that cannot be read, `DATA_EMPTY` for a set without one, the errors of `loadMiniGPT4`
 */
export async function abilitiesOfPictures({
  pictures: choice,
  ...options
}: AbilitiesOfPicturesOptions): Promise<{ readonly report: AbilitiesReport; page(): Promise<string> }> {
  const pictures = 'files' in choice ? await readFiles(choice.files) : await readFirst(choice.data, choice.limit);
  const report = await askAbilities({ ...options, pictures, abilities: paperAbilities });
  const shown = async () =>
    Promise.all(pictures.map(async ({ name, image }) => ({ name, image: await thumbnail(image) })));
  return { report, page: async () => abilitiesPage(report, await shown()) };
}

function readFiles(files: readonly string[]): Promise<AskedPicture[]> {
  return Promise.all(
    files.map(async file => {
      const image = await readFile(file).catch((cause: unknown) => {
        throw new MiniGPT4Error(
          'IMAGE_NOT_FOUND',
          `${file}: no picture, expected a file that can be read, got none. Check the path.`,
          { cause },
        );
      });
      return { name: basename(file), image };
    }),
  );
}

async function readFirst(data: readonly string[], limit: number): Promise<AskedPicture[]> {
  const pictures: AskedPicture[] = [];
  for await (const { key, image } of (await openDataset(data)).samples()) {
    if (pictures.push({ name: key, image }) === limit) break;
  }
  if (pictures.length > 0) return pictures;
  throw new MiniGPT4Error(
    'DATA_EMPTY',
    `${data.join(', ')}: no pictures, expected at least one, got an empty set. Check --data.`,
  );
}
