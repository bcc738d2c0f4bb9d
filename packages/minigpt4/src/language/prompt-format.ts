import type { Tokenizer } from '@minigpt4/llm-vicuna';
import type { RenderChat } from '@minigpt4/llm-vicuna/gguf';
import {
  escapeMarkers,
  imageSlot,
  splitAtImages,
  toSegments,
  type Conversation,
  type Message,
  type PromptSegments,
} from '@minigpt4/prompt-templates';

/** How a conversation becomes what a language model reads. */
export interface PromptFormat {
  /** The whole conversation up to where the model speaks, cut at its images. */
  segments(conversation: Conversation): PromptSegments;
  /** Texts before which an answer of this conversation ends. */
  stops(conversation: Conversation): readonly string[];
}

/** The formats of MiniGPT-4: the conversation's own template. */
export const templateFormat: PromptFormat = {
  segments: conversation => toSegments(conversation),
  stops: ({ template }) => template.stop,
};

/**
 * The format that a language model was trained on: its own chat template writes all of it, and its end-of-sequence
 * token ends an answer. A picture stands in its message as in the original's, `<Img>…</Img>`. Control tokens in what
 * people say become plain text.
 */
export function renderedFormat(render: RenderChat, tokenizer: Tokenizer): PromptFormat {
  const markers = [...controlTokens(tokenizer), '<Img>', '</Img>', imageSlot];
  const safe = (text: string) => escapeMarkers(text, markers);
  const message = ({ role, parts }: Message) => {
    const texts = parts.map(part => (part.type === 'text' ? safe(part.text) : `<Img>${imageSlot}</Img>`));
    return { role, content: texts.join(' ') };
  };
  return {
    segments({ system, messages }) {
      const opening = system === undefined ? [] : [{ role: 'system' as const, content: safe(system) }];
      return { ...splitAtImages(render([...opening, ...messages.map(message)])), bos: false };
    },
    stops: () => [],
  };
}

/** Texts of all control tokens that can be written out and, with a space put in, be told from what they do. */
function controlTokens(tokenizer: Tokenizer): string[] {
  const ids = Array.from({ length: tokenizer.vocabularySize }, (_, id) => id).filter(id => tokenizer.isSpecial(id));
  const texts = ids.map(id => tokenizer.decode([id], { skipSpecial: false }));
  return texts.filter(text => text.length > 1 && !/\s/.test(text));
}
