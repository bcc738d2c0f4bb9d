import type { Conversation, Message } from './conversation.js';
import { fenceText } from './markers.js';
import { PromptError } from './prompt-error.js';

/** How the place of an image is written where a prompt is one text. */
export const imageSlot = '<ImageHere>';

/**
 * A prompt cut at its images: one segment more than images. Tokenise each segment on its own (each then gets the
 * dummy leading space of sentencepiece, as in the original), and put the embeddings of image i between i and i + 1.
 */
export interface PromptSegments {
  readonly segments: readonly string[];
  /** Whether the first segment gets a BOS in front; no other one ever does. */
  readonly bos: boolean;
}

/** What to render of a conversation. */
export interface SegmentsOptions {
  /** Number of messages that are in the model's cache already; see {@link toSegments}. Defaults to 0. */
  readonly from?: number;
}

/** Text of the template's, text of a stranger's, or the place of an image (which has none). */
interface Piece {
  readonly kind: 'trusted' | 'stranger' | 'image';
  readonly text: string;
}

const trusted = (text: string): Piece => ({ kind: 'trusted', text });
const image: Piece = { kind: 'image', text: '' };

function messagePieces({ role, parts }: Message, { template }: Conversation): Piece[] {
  const pieces = [trusted(template[role])];
  parts.forEach((part, i) => {
    if (i > 0) pieces.push(trusted(' '));
    if (part.type === 'text') pieces.push({ kind: 'stranger', text: part.text });
    else pieces.push(trusted('<Img>'), image, trusted('</Img>'));
  });
  return [...pieces, trusted(template.separator)];
}

/** All trusted text next to a piece, in one direction. */
function neighbour(pieces: readonly Piece[], index: number, step: 1 | -1): string {
  let text = '';
  for (let i = index + step; pieces[i]?.kind === 'trusted'; i += step) {
    text = step === 1 ? text + pieces[i]!.text : pieces[i]!.text + text;
  }
  return text;
}

function join(pieces: readonly Piece[], markers: readonly string[]): string[] {
  const segments = [''];
  pieces.forEach((piece, i) => {
    if (piece.kind === 'image') {
      segments.push('');
      return;
    }
    const surroundings = () => ({ before: neighbour(pieces, i, -1), after: neighbour(pieces, i, 1), markers });
    const text = piece.kind === 'trusted' ? piece.text : fenceText(piece.text, surroundings());
    segments[segments.length - 1] += text;
  });
  return segments;
}

function systemPiece({ system, template }: Conversation): Piece {
  return system === undefined ? trusted(template.system) : { kind: 'stranger', text: system };
}

/**
 * The prompt of a conversation, cut at its images. After a user's message it ends by letting the model speak.
 *
 * Whatever users, the model or a caller's system text said, markers and places of images come from the template alone:
 * images are never looked for in text, and texts are escaped on the way in ({@link escapeMarkers}).
 *
 * `from` renders only what follows the first `from` messages, for a model whose cache holds them, the last one being
 * an answer without its stop marker. The segments then begin with the separator that closes that answer, and get no
 * BOS. They are tokenised on their own, so `###` comes out as after a space (id 835 on LLaMA, as in training) where the
 * original, which tokenises the whole prompt again each turn, gets the pieces that follow a letter (2277, 29937).
 * To have the original's ids, render everything, and keep as much of the cache as agrees with them.
 *
 * @throws PromptError `BAD_POSITION` for a `from` outside the conversation or not after an answer.
 */
export function toSegments(conversation: Conversation, { from = 0 }: SegmentsOptions = {}): PromptSegments {
  const { messages, template } = conversation;
  if (from !== 0 && messages[from - 1]?.role !== 'assistant') {
    throw new PromptError(
      'BAD_POSITION',
      `toSegments: bad from, expected 0 or the number of messages up to an answer, got ${from} of ${messages.length}. Count the messages in the cache.`,
    );
  }
  const start = from === 0 ? [systemPiece(conversation), trusted(template.separator)] : [trusted(template.separator)];
  const pieces = [...start, ...messages.slice(from).flatMap(message => messagePieces(message, conversation))];
  if (messages.at(-1)?.role === 'user') pieces.push(trusted(template.assistantOpen));
  return { segments: join(pieces, template.markers), bos: from === 0 };
}

/** A trusted prompt with written-out image places ({@link imageSlot}) as segments; never use it on text of strangers. */
export function splitAtImages(prompt: string): PromptSegments {
  return { segments: prompt.split(imageSlot), bos: true };
}
