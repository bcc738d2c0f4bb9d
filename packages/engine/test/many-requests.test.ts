import { isMiniGPT4Error } from '@minigpt4/core';
import { loadMiniGPT4, type AnswerOptions, type ChatModel, type ImageEmbeddings } from 'minigpt4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine, type Engine } from '../src/index.js';
import { disc, png } from './pictures.js';

/** How a request ended: the ids of its answer, `abort`, or a code. */
type End = readonly number[] | string;

/** Asks one thing in one way. */
type Ask = (model: ChatModel, images: readonly ImageEmbeddings[], i: number) => Promise<End>;

const colors = [
  [220, 30, 40],
  [60, 120, 200],
  [90, 150, 60],
] as const;
const questions = ['What is this?', 'What color is it?', 'What category is it?', 'Describe this image in detail.'];
const pick = <T>(of: readonly T[], i: number): T => of[i % of.length]!;

/** So hot that no answer ends soon. */
const endless = { temperature: 30, seed: 1, minNewTokens: 200, maxNewTokens: 240 };

/** Ten ways to ask, some of which cannot be answered. */
const ways: readonly Ask[] = [
  ...[0, 1, 2, 3].map((shift): Ask => {
    return async (model, images, i) => {
      const options: AnswerOptions = shift === 3 ? { temperature: 1, seed: i } : {};
      const stream = model.stream(pick(images, i + shift), pick(questions, i), { maxNewTokens: 6, ...options });
      let heard = '';
      for await (const piece of stream) heard += piece;
      const { text, ids } = await stream.result();
      return heard === text ? ids : `heard ${heard}, told ${text}`;
    };
  }),
  async (model, images, i) => {
    const chat = model.chat();
    await chat.addImage(pick(images, i));
    await chat.ask(pick(questions, i), { maxNewTokens: 4 }).result();
    const { ids } = await chat.ask(pick(questions, i + 1), { maxNewTokens: 4 }).result();
    chat.dispose();
    return ids;
  },
  async (model, images, i) => {
    const stream = model.stream(pick(images, i), 'What is this?', endless);
    for await (const _ of stream) break;
    return (await stream.result()).finishReason;
  },
  async (model, images, i) => {
    const abort = new AbortController();
    const answer = model.answer(pick(images, i), 'What is this?', { ...endless, signal: abort.signal });
    for (let turns = 0; turns < i % 7; turns++) await new Promise(resolve => setImmediate(resolve));
    abort.abort();
    return (await answer).finishReason;
  },
  async (model, images, i) => {
    const malformed = pick<AnswerOptions>([{ temperature: -1 }, { topP: 7 }, { maxNewTokens: 0.5 }], i);
    return (await model.answer(pick(images, i), 'What is this?', malformed)).ids;
  },
  async (model, _, i) => {
    const whole = png(disc(pick(colors, i)));
    const broken = pick(
      [whole.subarray(0, whole.length / 2), Buffer.from('no picture'), new Uint8Array(0), 'no.png'],
      i,
    );
    return (await model.answer(broken, 'What is this?')).ids;
  },
  async (model, _, i) => {
    const question = pick(['', 'word '.repeat(1000)], i);
    return (await model.answer(undefined, question)).ids;
  },
];

const count = 200;
const outcome = (request: Promise<End>): Promise<End> =>
  request.catch((error: unknown) => {
    if (isMiniGPT4Error(error)) return error.code;
    if (error instanceof Error && error.name === 'PromptError' && 'code' in error) return String(error.code);
    throw error;
  });

describe(`${count} requests at once, whole, cancelled, malformed and with broken pictures`, () => {
  let engine: Engine;
  let images: ImageEmbeddings[];
  let expected: End[];

  beforeAll(async () => {
    engine = await startEngine({ model: 'tiny', load: { threads: 1 }, maxConcurrent: 8, maxQueued: count });
    await using model = await loadMiniGPT4('tiny', { threads: 1 });
    images = await model.encodeImages(colors.map(color => disc(color)));
    expected = [];
    for (let i = 0; i < count; i++)
      expected.push(await outcome(pick(ways, i)(model, images, Math.floor(i / ways.length))));
  }, 120_000);
  afterAll(() => engine.dispose());

  it('are of every kind', () => {
    const kinds = new Set(expected.map(end => (typeof end === 'string' ? end : 'answer')));
    expect([...kinds].toSorted()).toEqual(
      ['CONTEXT_FULL', 'EMPTY_QUESTION', 'IMAGE_CORRUPT', 'IMAGE_EMPTY', 'IMAGE_NOT_FOUND', 'IMAGE_UNSUPPORTED'].concat(
        'INVALID_OPTION',
        'abort',
        'answer',
      ),
    );
  });

  it('each ends once, as it does alone in this process, and memory is as before', async () => {
    const residentBytes: number[] = [];
    for (let round = 0; round < 2; round++) {
      let ends = 0;
      const requests = Array.from({ length: count }, (_, i) =>
        outcome(pick(ways, i)(engine, images, Math.floor(i / ways.length))),
      );
      const got = await Promise.all(requests.map(request => request.finally(() => ends++)));
      expect(ends).toBe(count);
      expect(got).toEqual(expected);
      const status = await engine.status();
      expect(status).toMatchObject({ running: 0, waiting: 0, chats: 0 });
      residentBytes.push(status.residentBytes!);
    }
    expect(residentBytes[1]! - residentBytes[0]!).toBeLessThan(32 * 2 ** 20);
  });
});
