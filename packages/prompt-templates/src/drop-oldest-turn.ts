import type { Conversation, Message, MessagePart } from './conversation.js';

/**
 * The conversation without its first question and answer, for a model that cannot read all of it; undefined when
 * nothing has been answered. System text, images and what nobody has answered yet stay. Images of the question that
 * goes move to the next one, in their order, as if they had just been shown.
 */
export function dropOldestTurn(conversation: Conversation): Conversation | undefined {
  const { messages } = conversation;
  const answer = messages.findIndex(({ role }) => role === 'assistant');
  if (answer < 0) return undefined;
  const shown = messages.slice(0, answer).map(withoutText);
  const left = [...shown.filter(({ parts }) => parts.length > 0), ...messages.slice(answer + 1)];
  return { ...conversation, messages: joined(left) };
}

function withoutText({ role, parts }: Message): Message {
  return { role, parts: parts.filter(({ type }) => type === 'image') };
}

/** A question joins the image before it, as in `ask`; images stay messages of their own. */
function joined(messages: readonly Message[]): Message[] {
  const all: Message[] = [];
  for (const message of messages) {
    const last = all.at(-1);
    const parts: readonly MessagePart[] = [...(last?.parts ?? []), ...message.parts];
    const joins = last?.role === 'user' && message.role === 'user' && isImage(last.parts.at(-1));
    if (joins && !isImage(message.parts[0])) all[all.length - 1] = { role: 'user', parts };
    else all.push(message);
  }
  return all;
}

function isImage(part: MessagePart | undefined): boolean {
  return part?.type === 'image';
}
