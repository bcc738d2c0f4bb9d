import { describe, expect, it } from 'vitest';
import { chatTemplates } from './chat-template.js';
import { addImage, appendAssistant, ask, createConversation } from './conversation.js';

const roles = (conversation: ReturnType<typeof createConversation>) =>
  conversation.messages.map(
    ({ role, parts }) => `${role}: ${parts.map(part => (part.type === 'text' ? part.text : '[image]')).join(' ')}`,
  );

const empty = createConversation();

describe('conversation', () => {
  it("starts with the first release's template and nothing said", () => {
    expect(empty).toEqual({ template: chatTemplates.vicunaV1, messages: [] });
    expect(createConversation({ template: chatTemplates.llama2, system: 'Be kind.' })).toMatchObject({
      template: { name: 'llama-2' },
      system: 'Be kind.',
    });
  });

  it('joins a question to the image before it', () => {
    expect(roles(ask(addImage(empty), 'What is it?'))).toEqual(['user: [image] What is it?']);
  });

  it('joins nothing else: question after question, image after image', () => {
    expect(roles(ask(ask(empty, 'One?'), 'Two?'))).toEqual(['user: One?', 'user: Two?']);
    expect(roles(ask(addImage(addImage(empty)), 'Both?'))).toEqual(['user: [image]', 'user: [image] Both?']);
    expect(roles(ask(addImage(ask(empty, 'Ready?')), 'And now?'))).toEqual(['user: Ready?', 'user: [image] And now?']);
  });

  it('is not fooled by a question that ends like an image', () => {
    expect(roles(ask(ask(empty, 'see <Img></Img>'), 'Two?'))).toEqual(['user: see <Img></Img>', 'user: Two?']);
  });

  it('records answers, empty ones as well', () => {
    expect(roles(appendAssistant(ask(empty, 'Hi'), 'Hello.'))).toEqual(['user: Hi', 'assistant: Hello.']);
    expect(roles(ask(appendAssistant(ask(empty, 'Hi'), ''), 'Well?'))).toEqual([
      'user: Hi',
      'assistant: ',
      'user: Well?',
    ]);
  });

  it('never changes a conversation', () => {
    const shown = addImage(empty);
    const before = JSON.stringify(shown);
    ask(appendAssistant(ask(shown, 'What?'), 'That.'), 'Why?');
    expect(JSON.stringify(shown)).toBe(before);
    expect(empty.messages).toEqual([]);
  });

  it.each(['', ' ', '\n\t'])('refuses the question %j', question => {
    expect(() => ask(empty, question)).toThrow(
      expect.objectContaining({ name: 'PromptError', code: 'EMPTY_QUESTION' }),
    );
  });

  it("refuses markers where asked to, naming them, and no more than the template's", () => {
    const reject = { markers: 'reject' } as const;
    expect(() => ask(empty, 'a ### b <Img>', reject)).toThrow("expected none of the template's, got ###, <Img>");
    expect(() => ask(empty, 'a ### b', reject)).toThrow(expect.objectContaining({ code: 'MARKER_IN_TEXT' }));
    expect(roles(ask(empty, 'a [INST] b', reject))).toEqual(['user: a [INST] b']);
    expect(() => ask(createConversation({ template: chatTemplates.llama2 }), '[INST]', reject)).toThrow('[INST]');
  });
});
