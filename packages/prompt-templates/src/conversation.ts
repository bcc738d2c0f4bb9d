import { type ChatTemplate, chatTemplates } from './chat-template.js';
import { findMarkers } from './markers.js';
import { PromptError } from './prompt-error.js';

/** A piece of a message: words, or the place of an image. Images are numbered by their order in the conversation. */
export type MessagePart = { readonly type: 'text'; readonly text: string } | { readonly type: 'image' };

/** What one side said; texts are kept as they were typed and are made safe when they are rendered. */
export interface Message {
  readonly role: 'user' | 'assistant';
  readonly parts: readonly MessagePart[];
}

/** Everything said so far. Conversations are never changed: each operation returns a new one. */
export interface Conversation {
  readonly template: ChatTemplate;
  /** Replaces the template's system text; treated as a stranger's text. */
  readonly system?: string;
  readonly messages: readonly Message[];
}

/** How a conversation begins. */
export interface ConversationOptions {
  /** Defaults to `chatTemplates.vicunaV1`. */
  readonly template?: ChatTemplate;
  /** System text in place of the template's. Defaults to the template's. */
  readonly system?: string;
}

/** How a question is taken. */
export interface AskOptions {
  /** What to do with a question that holds a marker of the template, such as `###`. Defaults to 'escape'. */
  readonly markers?: 'escape' | 'reject';
}

/** A conversation in which nothing has been said. */
export function createConversation({
  template = chatTemplates.vicunaV1,
  system,
}: ConversationOptions = {}): Conversation {
  return { template, messages: [], ...(system === undefined ? {} : { system }) };
}

function append(conversation: Conversation, message: Message): Conversation {
  return { ...conversation, messages: [...conversation.messages, message] };
}

/** Shows an image: a message of the user's that holds nothing else yet (`upload_img`). */
export function addImage(conversation: Conversation): Conversation {
  return append(conversation, { role: 'user', parts: [{ type: 'image' }] });
}

/**
 * Asks a question. It joins the user's last message if that ends with an image; after anything else, another question
 * included, it is a message of its own (`ask` of conversation.py).
 *
 * @throws PromptError `EMPTY_QUESTION` without words, `MARKER_IN_TEXT` for a marker under `markers: 'reject'`.
 */
export function ask(
  conversation: Conversation,
  question: string,
  { markers = 'escape' }: AskOptions = {},
): Conversation {
  if (question.trim() === '') {
    throw new PromptError(
      'EMPTY_QUESTION',
      `ask: no question, expected some words, got ${JSON.stringify(question)}. Say something.`,
    );
  }
  const found = markers === 'reject' ? findMarkers(question, conversation.template.markers) : [];
  if (found.length > 0) {
    throw new PromptError(
      'MARKER_IN_TEXT',
      `ask: markers in the question, expected none of the template's, got ${found.join(', ')}. Take them out, or let them be escaped.`,
    );
  }
  const part: MessagePart = { type: 'text', text: question };
  const last = conversation.messages.at(-1);
  if (last?.role !== 'user' || last.parts.at(-1)?.type !== 'image') {
    return append(conversation, { role: 'user', parts: [part] });
  }
  const joined: Message = { role: 'user', parts: [...last.parts, part] };
  return { ...conversation, messages: [...conversation.messages.slice(0, -1), joined] };
}

/** Records what the model answered, normally {@link cleanAnswer} of it; an empty answer is an answer too. */
export function appendAssistant(conversation: Conversation, answer: string): Conversation {
  return append(conversation, { role: 'assistant', parts: [{ type: 'text', text: answer }] });
}
