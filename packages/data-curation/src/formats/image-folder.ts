import { readImage } from '../files/read-image.js';
import { brokenSample } from '../skip-report.js';
import { requiredCaption, type RecordLayout } from './record-dataset.js';

/** Name of the list. */
export const imageFolderName = 'metadata.jsonl';

/**
 * Hugging Face's ImageFolder: `metadata.jsonl` with a line `{file_name, text}` for each picture, whose name is relative to its folder.
 * The text may also be called `caption`; an `id` is the key, else the name without its ending.
 */
export const imageFolderLayout: RecordLayout = {
  format: 'image-folder',
  open:
    ({ folder, limits }) =>
    async ({ record, source }) => {
      const { file_name: name, text, ...metadata } = record;
      if (typeof name !== 'string' || name === '') {
        throw brokenSample('NO_IMAGE', `${source}: expected "file_name" to name a picture. Add it.`);
      }
      const caption = requiredCaption(text ?? record.caption, source);
      const image = await readImage({ folder, name, source }, limits);
      const key = typeof record.id === 'string' && record.id !== '' ? record.id : name.replace(/\.[^./]*$/u, '');
      return { key, image, caption, metadata, source };
    },
};
