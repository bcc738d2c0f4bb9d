import { isRecord } from '../files/record-file.js';
import { readImage } from '../files/read-image.js';
import { brokenSample } from '../skip-report.js';
import { requiredCaption, type RecordLayout } from './record-dataset.js';

/** Name of the list, where the folder is opened. */
export const llavaName = 'llava.json';

/** What stands for the picture in a question. */
export const llavaImageMark = '<image>';

interface Turn {
  readonly from: string;
  readonly value: unknown;
}

function turnsOf(conversations: unknown, source: string): Turn[] {
  if (Array.isArray(conversations) && conversations.every(turn => isRecord(turn) && typeof turn.from === 'string')) {
    return conversations as Turn[];
  }
  throw brokenSample(
    'BAD_RECORD',
    `${source}: expected "conversations" to be a list of {from, value}. Write the record again.`,
  );
}

function imageName(image: unknown, source: string): string {
  const names = Array.isArray(image) ? image : [image];
  if (names.length > 1) {
    throw brokenSample('SEVERAL_IMAGES', `${source}: expected one picture, got ${names.length}. Split the record.`);
  }
  if (typeof names[0] === 'string' && names[0] !== '') return names[0];
  throw brokenSample('NO_IMAGE', `${source}: expected "image" to name a picture. Add it or drop the record.`);
}

/**
 * LLaVA's list of `{id, image, conversations: [{from: 'human', value: '<image>\nQuestion'}, {from: 'gpt', value: 'Answer'}]}`.
 * The caption is the first answer; `metadata.question` is what the first human turn asks, and all turns stay in `metadata.conversations`.
 */
export const llavaLayout: RecordLayout = {
  format: 'llava',
  open:
    ({ folder, limits }) =>
    async ({ record, source }) => {
      const name = imageName(record.image, source);
      const turns = turnsOf(record.conversations, source);
      const asked = turns.findIndex(turn => turn.from === 'human' || turn.from === 'user');
      const answer = turns.find(({ from }, i) => i > asked && (from === 'gpt' || from === 'assistant'));
      const caption = requiredCaption(answer?.value, source);
      const asking = turns[asked]?.value;
      const question = typeof asking === 'string' ? asking.replaceAll(llavaImageMark, '').trim() : '';
      const image = await readImage({ folder, name, source }, limits);
      const { id } = record;
      const key = typeof id === 'string' || typeof id === 'number' ? String(id) : name.replace(/\.[^./]*$/u, '');
      return { key, image, caption, metadata: { ...record, question }, source };
    },
};
