import { describe, expect, it } from 'vitest';
import { addImage, appendAssistant, ask, type Conversation, createConversation } from './conversation.js';
import { dropOldestTurn } from './drop-oldest-turn.js';
import { imageSlot, toSegments } from './segments.js';

/** Says line after line: `!` shows an image, `- …` is an answer, anything else a question. */
function talk(...lines: readonly string[]): Conversation {
  return lines.reduce(
    (conversation, line) => {
      if (line === '!') return addImage(conversation);
      return line.startsWith('- ') ? appendAssistant(conversation, line.slice(2)) : ask(conversation, line);
    },
    createConversation({ system: 'S' }),
  );
}

const rendered = (conversation: Conversation | undefined) =>
  conversation &&
  toSegments(conversation)
    .segments.join(imageSlot)
    .replaceAll(/###(Human: |Assistant: ?)?/g, '|');

const image = '<Img><ImageHere></Img>';

describe('dropOldestTurn', () => {
  it.each([
    ['a question and its answer', ['One?', '- A.', 'Two?'], 'S|Two?|'],
    ['no later turn', ['One?', '- A.', 'Two?', '- B.', 'Three?'], 'S|Two?|B.|Three?|'],
    ['no image, which joins the next question', ['!', 'One?', '- A.', 'Two?'], `S|${image} Two?|`],
    ['no image of several', ['!', '!', 'One?', '- A.', 'Two?'], `S|${image}|${image} Two?|`],
    ['no image that comes later', ['!', 'One?', '- A.', '!', 'Two?'], `S|${image}|${image} Two?|`],
    ['all questions before the answer', ['One?', '!', 'Two?', '- A.', 'Three?'], `S|${image} Three?|`],
  ])('drops %s', (_, lines, expected) => {
    expect(rendered(dropOldestTurn(talk(...lines)))).toBe(expected);
  });

  it('can be repeated until nothing is answered, and keeps images in their order', () => {
    const twice = dropOldestTurn(dropOldestTurn(talk('!', 'One?', '- A.', '!', 'Two?', '- B.', 'Three?'))!);
    expect(rendered(twice)).toBe(`S|${image}|${image} Three?|`);
    expect(dropOldestTurn(twice!)).toBeUndefined();
    expect(dropOldestTurn(talk('!', 'One?'))).toBeUndefined();
  });

  it('leaves images alone where nothing follows', () => {
    expect(rendered(dropOldestTurn(talk('!', 'One?', '- A.')))).toBe(`S|${image}|`);
  });

  it('never changes a conversation', () => {
    const whole = talk('!', 'One?', '- A.', 'Two?');
    const before = JSON.stringify(whole);
    dropOldestTurn(whole);
    expect(JSON.stringify(whole)).toBe(before);
  });
});
