import { isRecord } from '../files/record-file.js';
import { fromDataUrl } from '../files/data-url.js';
import { checkedImage } from '../files/read-image.js';
import { brokenSample } from '../skip-report.js';
import { requiredCaption, type RecordLayout } from './record-dataset.js';

interface Message {
  readonly role: unknown;
  /** The texts of the message, one a line. */
  readonly text: string;
  readonly urls: readonly string[];
}

function toMessage(message: unknown, source: string): Message {
  const content = isRecord(message) ? message.content : undefined;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  if (!isRecord(message) || !Array.isArray(parts)) {
    throw brokenSample('BAD_RECORD', `${source}: expected each message to be {role, content}. Write the record again.`);
  }
  const records = parts.filter(isRecord);
  const texts = records.filter(part => part.type === 'text').map(part => part.text);
  const urls = records
    .filter(part => part.type === 'image_url')
    .map(part => (isRecord(part.image_url) ? part.image_url.url : part.image_url));
  return {
    role: message.role,
    text: texts.filter(text => typeof text === 'string').join('\n'),
    urls: urls.filter(url => typeof url === 'string'),
  };
}

/**
 * Lines `{messages: [{role, content}]}` of OpenAI's vision fine-tuning, which Together and Fireworks share: the picture is a base64 data URL
 * in a user turn, the caption is the first assistant turn behind it. `metadata` holds the record's other fields, `question` and, where there is one, `system`.
 */
export const messagesLayout: RecordLayout = {
  format: 'messages',
  open:
    ({ limits }) =>
    async ({ record, source, index }) => {
      const { messages: listed, ...others } = record;
      if (!Array.isArray(listed)) {
        throw brokenSample('BAD_RECORD', `${source}: expected "messages" to be a list. Write the record again.`);
      }
      const messages = listed.map(message => toMessage(message, source));
      const urls = messages.flatMap(message => message.urls);
      if (urls.length === 0)
        throw brokenSample('NO_IMAGE', `${source}: expected an image_url in a user turn. Add the picture.`);
      if (urls.length > 1)
        throw brokenSample('SEVERAL_IMAGES', `${source}: expected one picture, got ${urls.length}. Split the record.`);
      const asked = messages.findIndex(message => message.urls.length > 0);
      const answer = messages.find(({ role }, i) => i > asked && role === 'assistant');
      const caption = requiredCaption(answer?.text, source);
      const image = checkedImage(fromDataUrl(urls[0]!, source, limits.imageBytes), source);
      const system = messages.find(({ role }) => role === 'system')?.text;
      const metadata = { ...others, question: messages[asked]!.text, ...(system === undefined ? {} : { system }) };
      const key = typeof record.id === 'string' && record.id !== '' ? record.id : `${index + 1}`;
      return { key, image, caption, metadata, source };
    },
};
