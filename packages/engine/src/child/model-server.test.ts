import { AnswerStream, type Answer, type MiniGPT4 } from 'minigpt4';
import { describe, expect, it } from 'vitest';
import { pieceWindow, type Reply } from '../messages/messages.js';
import { ModelServer } from './model-server.js';

const answer = (text: string, finishReason: Answer['finishReason']): Answer => ({
  text,
  ids: [],
  finishReason,
  usage: { promptTokens: 1, imageTokens: 0, cachedTokens: 0, completionTokens: 1 },
  timings: { imageMs: 0, prefillMs: 0, firstTokenMs: 0, decodeMs: 0, tokensPerSecond: 0 },
});

/** A model that counts without end until it is stopped. */
const countingModel = {
  chat: () => ({
    ask: (_: string, { signal }: { signal: AbortSignal }) =>
      new AnswerStream(async function* count(stopped): AsyncGenerator<string, Answer> {
        let text = '';
        for (let i = 0; !stopped.aborted; i++) {
          yield `${i} `;
          text += `${i} `;
          await new Promise(resolve => setImmediate(resolve));
        }
        return answer(text, 'abort');
      }, signal),
    dispose: () => {},
  }),
  dispose: async () => {},
} as unknown as MiniGPT4;

const question = { type: 'ask', chatOptions: {}, missing: [], question: 'Count.', options: {} } as const;

describe('ModelServer', () => {
  it('stops where the reader stops, goes on with them, and ends when they leave', async () => {
    const replies: Reply[] = [];
    const server = new ModelServer(countingModel, reply => void replies.push(reply));
    server.ask({ ...question, request: 1, chat: 1 });
    await expect.poll(() => replies.length).toBe(pieceWindow);
    for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve));
    expect(replies).toHaveLength(pieceWindow);
    server.more(1, 5);
    await expect.poll(() => replies.length).toBe(pieceWindow + 5);
    server.cancel(1);
    await expect.poll(() => replies.at(-1)?.type).toBe('answered');
    expect(replies.filter(({ type }) => type !== 'piece')).toHaveLength(1);
    await server.dispose();
  });

  it('lets answers take turns', async () => {
    const replies: Reply[] = [];
    const server = new ModelServer(countingModel, reply => void replies.push(reply));
    for (const request of [0, 1, 2]) server.ask({ ...question, request, chat: request });
    await expect.poll(() => replies.length).toBe(3 * pieceWindow);
    const order = replies.map(({ request }) => request);
    for (let i = 0; i < order.length; i += 3) expect(new Set(order.slice(i, i + 3)).size).toBe(3);
    await server.dispose();
    expect(replies.filter(({ type }) => type === 'answered')).toHaveLength(3);
  });
});
