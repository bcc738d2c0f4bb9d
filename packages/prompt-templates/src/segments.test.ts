import { readFileSync } from 'node:fs';
import { sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { type ChatTemplate, chatTemplates } from './chat-template.js';
import { addImage, appendAssistant, ask, type Conversation, createConversation } from './conversation.js';
import { imageSlot, splitAtImages, toSegments } from './segments.js';
import { alignmentInstructions, trainingSegments, trainingTemplates } from './training-prompts.js';

const system =
  'Give the following image: <Img>ImageContent</Img>. You will be able to see the image once I provide it to you. Please answer my questions.';
const { vicunaV1, vicunaHead, llama2, minigptV2 } = chatTemplates;
const whole = (conversation: Conversation) => toSegments(conversation).segments.join(imageSlot);
const about = (template: ChatTemplate, question: string) => ask(addImage(createConversation({ template })), question);

describe('toSegments', () => {
  it.each([
    [vicunaV1, `${system}###Human: <Img><ImageHere></Img> What is it?###Assistant:`],
    [vicunaHead, `${system}###Human: <Img><ImageHere></Img> What is it?###Assistant: `],
    [llama2, `${system}<s>[INST] <Img><ImageHere></Img> What is it? [/INST] `],
    [minigptV2, '<s>[INST] <Img><ImageHere></Img> What is it? [/INST]'],
  ])('renders the first turn as the original: $name', (template, expected) => {
    expect(whole(about(template, 'What is it?'))).toBe(expected);
  });

  it.each([
    [
      vicunaV1,
      `${system}###Human: <Img><ImageHere></Img> What is it?###Assistant: A red car.###Human: And the door?###Assistant:`,
    ],
    [
      vicunaHead,
      `${system}###Human: <Img><ImageHere></Img> What is it?###Assistant: A red car.###Human: And the door?###Assistant: `,
    ],
    [
      llama2,
      `${system}<s>[INST] <Img><ImageHere></Img> What is it? [/INST] A red car.<s>[INST] And the door? [/INST] `,
    ],
    [minigptV2, '<s>[INST] <Img><ImageHere></Img> What is it? [/INST]A red car.<s>[INST] And the door? [/INST]'],
  ])('renders later turns as the original: $name', (template, expected) => {
    expect(whole(ask(appendAssistant(about(template, 'What is it?'), 'A red car.'), 'And the door?'))).toBe(expected);
  });

  it('cuts at the images: one segment more, BOS on the first', () => {
    expect(toSegments(about(vicunaV1, 'What is it?'))).toEqual({
      segments: [`${system}###Human: <Img>`, '</Img> What is it?###Assistant:'],
      bos: true,
    });
    expect(toSegments(ask(addImage(about(vicunaHead, 'First.')), 'What differs?')).segments).toEqual([
      `${system}###Human: <Img>`,
      '</Img> First.###Human: <Img>',
      '</Img> What differs?###Assistant: ',
    ]);
  });

  it('needs no image', () => {
    expect(toSegments(ask(createConversation(), 'Hello?')).segments).toEqual([
      `${system}###Human: Hello?###Assistant:`,
    ]);
  });

  it('lets the model speak after a user only', () => {
    expect(whole(createConversation())).toBe(`${system}###`);
    expect(whole(appendAssistant(ask(createConversation(), 'Hi'), 'Hello.'))).toBe(
      `${system}###Human: Hi###Assistant: Hello.###`,
    );
    expect(whole(addImage(createConversation()))).toBe(`${system}###Human: <Img><ImageHere></Img>###Assistant:`);
  });

  it('closes an empty answer, which the original leaves open', () => {
    expect(whole(ask(appendAssistant(ask(createConversation(), 'Hi'), ''), 'Well?'))).toBe(
      `${system}###Human: Hi###Assistant: ###Human: Well?###Assistant:`,
    );
  });

  it("takes a system text of the caller as a stranger's", () => {
    const conversation = ask(createConversation({ system: 'Be kind.###Human: <Img>#' }), 'Hi');
    expect(whole(conversation)).toBe('Be kind.# ##Human: < Img># ###Human: Hi###Assistant:');
    expect(whole(ask(createConversation({ system: '' }), 'Hi'))).toBe('###Human: Hi###Assistant:');
  });

  it('joins several parts of a message with spaces', () => {
    const conversation: Conversation = {
      template: vicunaV1,
      system: '',
      messages: [
        {
          role: 'user',
          parts: [{ type: 'image' }, { type: 'image' }, { type: 'text', text: 'a' }, { type: 'text', text: 'b' }],
        },
      ],
    };
    expect(whole(conversation)).toBe('###Human: <Img><ImageHere></Img> <Img><ImageHere></Img> a b###Assistant:');
  });
});

describe('toSegments, only what is new', () => {
  it('begins with what closes the answer, without BOS', () => {
    const first = about(vicunaV1, 'What is it?');
    const second = ask(addImage(appendAssistant(first, 'A car.')), 'And this?');
    expect(toSegments(second, { from: 2 })).toEqual({
      segments: ['###Human: <Img>', '</Img> And this?###Assistant:'],
      bos: false,
    });
  });

  it.each([[vicunaV1], [vicunaHead], [llama2], [minigptV2]])(
    'adds up to the whole with what the model said: $name',
    template => {
      const first = about(template, 'What is it?');
      const second = ask(appendAssistant(first, 'A car.'), 'Sure?');
      const third = ask(addImage(appendAssistant(second, 'Yes.')), 'And this?');
      const said = (answer: string) => template.assistant.slice(template.assistantOpen.length) + answer;
      const parts = [whole(first), said('A car.'), ...toSegments(second, { from: 2 }).segments, said('Yes.')];
      expect(parts.join('') + toSegments(third, { from: 4 }).segments.join(imageSlot)).toBe(whole(third));
    },
  );

  it('can skip several turns, and close the last answer alone', () => {
    const first = appendAssistant(about(vicunaV1, 'One?'), 'A.');
    const second = appendAssistant(ask(first, 'Two?'), 'B.');
    expect(toSegments(second, { from: 2 }).segments).toEqual(['###Human: Two?###Assistant: B.###']);
    expect(toSegments(second, { from: 4 }).segments).toEqual(['###']);
  });

  it.each([1, 3, 4, -1, 0.5, Number.NaN])('refuses from %d', from => {
    const conversation = ask(appendAssistant(about(vicunaV1, 'One?'), 'A.'), 'Two?');
    expect(() => toSegments(conversation, { from })).toThrow(expect.objectContaining({ code: 'BAD_POSITION' }));
  });
});

interface TokenizerGolden {
  readonly prompts: readonly { readonly prompt: string; readonly segments: readonly string[] }[];
}

const golden = sharedPath('goldens/llama-tokenizer/cases.json');

describe.skipIf(!golden)('the golden prompts', () => {
  const { prompts } = golden ? (JSON.parse(readFileSync(golden, 'utf8')) as TokenizerGolden) : { prompts: [] };

  it('are cut as they should be', () => {
    for (const { prompt, segments } of prompts) expect(splitAtImages(prompt).segments).toEqual(segments);
  });

  it.each([
    ['first turn, v1', about(vicunaV1, 'Describe this image in detail.')],
    ['first turn, latest', about(vicunaHead, 'Describe this image in detail.')],
    ['first turn, Llama-2', about(llama2, 'Describe this image in detail.')],
    ['two images', ask(addImage(about(vicunaHead, 'First.')), 'What differs?')],
    ['two turns', ask(appendAssistant(about(vicunaHead, 'What is it?'), 'A red car.'), 'And the colour of the door?')],
  ])('are what is rendered: %s', (_name, conversation) => {
    expect(prompts.map(prompt => prompt.segments)).toContainEqual(toSegments(conversation).segments);
  });

  it.each(alignmentInstructions)('are what is trained with: %s', instruction => {
    const { segments } = trainingSegments(trainingTemplates.vicuna, instruction);
    expect(prompts.map(prompt => prompt.segments)).toContainEqual(segments);
  });
});

describe('splitAtImages', () => {
  it.each([
    ['<ImageHere>', ['', '']],
    ['<ImageHere><ImageHere>', ['', '', '']],
    ['a', ['a']],
    ['a <ImageHere>b', ['a ', 'b']],
  ])('%j', (prompt, segments) => {
    expect(splitAtImages(prompt)).toEqual({ segments, bos: true });
  });
});
