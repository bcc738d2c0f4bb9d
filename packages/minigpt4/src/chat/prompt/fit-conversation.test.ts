import { appendAssistant, ask, createConversation, type Conversation } from '@minigpt4/prompt-templates';
import { describe, expect, it } from 'vitest';
import { fitConversation, type FitOptions } from './fit-conversation.js';

/** A conversation of so many answered questions, and one more. */
function talk(turns: number): Conversation {
  let conversation = createConversation();
  for (let turn = 0; turn < turns; turn++) conversation = appendAssistant(ask(conversation, `${turn}?`), 'Yes.');
  return ask(conversation, 'last?');
}

/** Fits it where each message takes ten positions. */
function fit(conversation: Conversation, options: Partial<FitOptions>) {
  let reads = 0;
  const read = ({ messages }: Conversation) => {
    reads++;
    return [{ ids: Array.from({ length: 10 * messages.length }, () => 0), answers: [] }];
  };
  const given = { read, imageTokens: 0, maxPositions: 100, maxNewTokens: 20, drops: true, ...options };
  return { ...fitConversation(conversation, given), reads: () => reads };
}

describe('fitConversation', () => {
  it.each(Array.from({ length: 9 }, (_, turns) => turns))('drops as few of %d turns as it takes', turns => {
    // seven messages and the answer fit
    const { dropped, conversation, ids, maxNewTokens } = fit(talk(turns), {});
    expect(dropped).toBe(Math.max(0, turns - 3));
    expect(conversation.messages).toHaveLength(2 * (turns - dropped) + 1);
    expect(ids[0]!.ids).toHaveLength(10 * conversation.messages.length);
    expect(maxNewTokens).toBe(20);
  });

  it('reads little of a long conversation, and once where all fits', () => {
    expect(fit(talk(2), {}).reads()).toBe(1);
    const long = fit(talk(500), {});
    expect(long.dropped).toBe(497);
    expect(long.reads()).toBeLessThan(13);
  });

  it('counts pictures, and keeps a quarter of the positions free at most', () => {
    expect(fit(talk(3), { imageTokens: 20 }).dropped).toBe(1);
    expect(fit(talk(3), { maxNewTokens: 1000 })).toMatchObject({ dropped: 0, maxNewTokens: 30 });
  });

  it('takes a conversation that leaves less room where nothing more may go', () => {
    expect(fit(talk(0), { imageTokens: 85 })).toMatchObject({ dropped: 0, maxNewTokens: 5 });
    expect(fit(talk(4), { drops: false })).toMatchObject({ dropped: 0, maxNewTokens: 10 });
    expect(fit(talk(4), { imageTokens: 85 })).toMatchObject({ dropped: 4, maxNewTokens: 5 });
  });

  it('refuses what leaves no room at all, with the numbers', () => {
    const numbers = { code: 'CONTEXT_FULL', promptTokens: 100, imageTokens: 90, maxPositions: 100 };
    expect(() => fit(talk(3), { imageTokens: 90 })).toThrow(expect.objectContaining(numbers));
    expect(() => fit(talk(5), { drops: false })).toThrow(expect.objectContaining({ promptTokens: 110 }));
  });
});
