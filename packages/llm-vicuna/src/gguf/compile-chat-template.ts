import { Template } from '@huggingface/jinja';
import { MiniGPT4Error } from '@minigpt4/core';

/** What one side says, as chat templates know it. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Writes a conversation as the text that its model was trained on, up to where the model speaks. */
export type RenderChat = (messages: readonly ChatMessage[]) => string;

/** Options of {@link compileChatTemplate}. */
export interface ChatTemplateOptions {
  /** Text of the begin-of-sequence token, for templates that write it. Defaults to none. */
  readonly bosToken?: string;
  /** Text of the end-of-sequence token. Defaults to none. */
  readonly eosToken?: string;
}

// a few kilobytes are usual, with tools some ten
const maxSourceLength = 1 << 18;

/**
 * A chat template of a model (Jinja, as in `tokenizer.chat_template` or tokenizer_config.json). Control tokens in the
 * contents of messages are written like any text: take them out first where strangers write.
 *
 * @throws `TEMPLATE_INVALID` for a source that is no template, and when it refuses a conversation
 */
export function compileChatTemplate(
  source: string,
  { bosToken = '', eosToken = '' }: ChatTemplateOptions = {},
): RenderChat {
  if (source.length > maxSourceLength) {
    throw invalid(`too long, expected at most ${maxSourceLength} characters, got ${source.length}`);
  }
  const template = attempt('cannot be read', () => new Template(source));
  return messages =>
    attempt('cannot write this conversation', () =>
      template.render({ messages, add_generation_prompt: true, bos_token: bosToken, eos_token: eosToken }),
    );
}

function attempt<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw invalid(`${what}, expected a template of chats, got ${(cause as Error).message}`, cause);
  }
}

function invalid(what: string, cause?: unknown): MiniGPT4Error {
  return new MiniGPT4Error('TEMPLATE_INVALID', `chat template: ${what}. Use the one that came with the model.`, {
    cause,
  });
}
