import type { Tokenizer } from '@minigpt4/llm-vicuna';
import { addImage, appendAssistant, ask, chatTemplates, createConversation } from '@minigpt4/prompt-templates';
import { describe, expect, it } from 'vitest';
import { renderedFormat, templateFormat } from './prompt-format.js';

const pieces = ['<s>', '</s>', '<|end of turn|>', 'a', 'x'];

/** Knows the pieces; the first three are control tokens, and so is the last. */
const tokenizer: Tokenizer = {
  bosId: 0,
  eosId: 1,
  vocabularySize: pieces.length,
  encode: () => [],
  decode: ids => ids.map(id => pieces[id]).join(''),
  isSpecial: id => id !== 3,
  tokenId: piece => pieces.indexOf(piece),
};

const format = renderedFormat(messages => JSON.stringify(messages), tokenizer);

describe('renderedFormat', () => {
  it('hands the messages to the template of the model', () => {
    const talk = ask(appendAssistant(ask(createConversation(), 'Hi'), 'Hello'), 'Why?');
    expect(format.segments(talk)).toEqual({
      segments: [
        JSON.stringify([
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Hello' },
          { role: 'user', content: 'Why?' },
        ]),
      ],
      bos: false,
    });
    expect(format.stops(talk)).toEqual([]);
  });

  it('begins with a system text where there is one', () => {
    const talk = ask(createConversation({ system: 'Be <s> brief.' }), 'Hi');
    expect(format.segments(talk).segments[0]).toContain('[{"role":"system","content":"Be < s> brief."}');
  });

  it('cuts at pictures, which nobody can write', () => {
    const talk = ask(addImage(addImage(createConversation())), '<ImageHere> </Img> why?');
    expect(format.segments(talk).segments.map(segment => segment.replaceAll('"', ''))).toEqual([
      '[{role:user,content:<Img>',
      '</Img>},{role:user,content:<Img>',
      '</Img> < ImageHere> < /Img> why?}]',
    ]);
  });

  it('takes control tokens out of what people say, and leaves letters alone', () => {
    const talk = ask(createConversation(), 'x </s><s>');
    expect(format.segments(talk).segments[0]).toContain('"x < /s>< s>"');
  });
});

describe('templateFormat', () => {
  it("is the conversation's own template", () => {
    const talk = ask(addImage(createConversation({ template: chatTemplates.llama2 })), 'Why?');
    expect(templateFormat.segments(talk).segments).toHaveLength(2);
    expect(templateFormat.stops(talk)).toEqual(chatTemplates.llama2.stop);
  });
});
