import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMiniGPT4Error } from '@minigpt4/core';
import { loadMiniGPT4, type ChatModel, type MiniGPT4, type ModelChat } from 'minigpt4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine, type Engine } from '../src/index.js';
import { disc, png } from './pictures.js';

const load = { threads: 1 };
const said: string[] = [];
let folder: string;
let engine: Engine;
let model: MiniGPT4;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'minigpt4-engine-'));
  const onProgress = (message: string) => void said.push(message);
  [engine, model] = await Promise.all([
    startEngine({ model: 'tiny', load, maxConcurrent: 2, maxQueued: 2, chatMemoryMb: 1, onProgress }),
    loadMiniGPT4('tiny', load),
  ]);
});

afterAll(async () => {
  await Promise.all([engine.dispose(), model.dispose()]);
  await rm(folder, { recursive: true });
});

/** What a model answers, in this process or in another. */
const inBoth = async <T>(of: (either: ChatModel) => Promise<T>) => Promise.all([of(engine), of(model)]);

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (isMiniGPT4Error(error) ? error.code : String((error as { code?: string }).code)),
  );

const long = { temperature: 30, seed: 1, minNewTokens: 200, maxNewTokens: 240 }; // so hot that it does not end soon

describe('an engine beside the model in this process', () => {
  it('tells what it is', () => {
    expect(engine.name).toBe('tiny');
    expect(engine.config).toEqual(model.config);
    expect(said).toContain('loading the language model');
  });

  it('leaves the processor to this process when both want it', async () => {
    const { pid } = await engine.status();
    expect(getPriority(pid)).toBeGreaterThanOrEqual(constants.priority.PRIORITY_BELOW_NORMAL);
  });

  it('answers the same over several turns about a picture, piece by piece', async () => {
    const [got, expected] = await inBoth(async either => {
      const chat = either.chat();
      await chat.addImage(await either.encodeImage(disc()));
      const pieces: string[] = [];
      for await (const piece of chat.ask('What is this?', { maxNewTokens: 40 })) pieces.push(piece);
      const second = await chat.ask('What category is it?', { maxNewTokens: 16 }).result();
      const { turns } = chat;
      chat.dispose();
      return { pieces, turns, ids: second.ids, usage: second.usage, finishReason: second.finishReason };
    });
    expect(got.pieces.length).toBeGreaterThan(1);
    expect(got).toEqual(expected);
  });

  it.each([
    ['with a seed', { temperature: 1.2, topP: 0.9, seed: 7, maxNewTokens: 12 }],
    ['with beams', { beams: 3, maxNewTokens: 12 }],
    ['several at once', { temperature: 1.2, seed: 3, returnSequences: 3, maxNewTokens: 8 }],
    ['with log-probabilities', { logProbabilities: 2, maxNewTokens: 4 }],
    ['up to a text', { stop: ['is'], maxNewTokens: 12 }],
  ])('answers the same %s', async (_, options) => {
    const answers = await inBoth(either => either.answer(disc([60, 120, 200]), 'What is this?', options));
    const [got, expected] = answers.map(answer => ({ ...answer, timings: undefined }));
    expect(got).toEqual(expected);
    expect(answers[0].timings.decodeMs).toBeGreaterThan(0);
  });

  it('goes on from turns said elsewhere', async () => {
    const [got, expected] = await inBoth(async either => {
      const chat = either.chat();
      await chat.addImage(disc());
      chat.addTurn({ question: 'What is this?', answer: 'It is a red circle.' });
      return [await chat.ask('What color is it?', { maxNewTokens: 16 }).result(), chat.turns] as const;
    });
    expect(got[0].ids).toEqual(expected[0].ids);
    expect(got[1]).toEqual(expected[1]);
  });

  it('takes pictures as files, bytes and pixels, however large', async () => {
    const noise = { width: 700, height: 700, data: Uint8Array.from({ length: 1_470_000 }, (_, i) => (i * i) % 251) };
    const file = join(folder, 'noise.png');
    const bytes = png(noise, 0);
    await writeFile(file, bytes);
    const { data } = await model.encodeImage(noise);
    for (const source of [file, bytes, noise]) {
      const image = await engine.encodeImage(source);
      expect(image.data).toEqual(data);
      expect(image).toMatchObject({ tokens: 12, width: 256, picture: { width: 700, height: 700 } });
    }
  });

  it('decodes pictures as it is told', async () => {
    const sources = [png(disc()), { maxPixels: 10 }] as const;
    expect(await inBoth(either => codeOf(either.encodeImage(...sources)))).toEqual([
      'IMAGE_TOO_LARGE',
      'IMAGE_TOO_LARGE',
    ]);
  });

  it.each([
    ['IMAGE_NOT_FOUND', (either: ChatModel) => either.answer('nowhere.png', 'What is this?')],
    ['IMAGE_EMPTY', (either: ChatModel) => either.answer(new Uint8Array(0), 'What is this?')],
    ['IMAGE_UNSUPPORTED', (either: ChatModel) => either.answer(Buffer.from('only words'), 'What is this?')],
    ['IMAGE_CORRUPT', (either: ChatModel) => either.answer(png(disc()).subarray(0, 200), 'What is this?')],
    ['EMPTY_QUESTION', (either: ChatModel) => either.answer(undefined, ' ')],
    ['CONTEXT_FULL', (either: ChatModel) => either.answer(undefined, 'word '.repeat(2000))],
    ['INVALID_OPTION', (either: ChatModel) => either.answer(undefined, 'What?', { temperature: -1 })],
  ])('refuses with %s', async (code, ask) => {
    expect(await inBoth(either => codeOf(ask(either)))).toEqual([code, code]);
  });
});

describe('an engine', () => {
  it('refuses what cannot be sent', async () => {
    const processors = [() => {}] as never;
    expect(await codeOf(engine.answer(undefined, 'What?', { processors }))).toBe('INVALID_OPTION');
    expect(await codeOf(startEngine({ model: 'tiny', maxConcurrent: 0 }))).toBe('INVALID_OPTION');
  });

  it('says why a model cannot be loaded', async () => {
    expect(await codeOf(startEngine({ model: join(folder, 'nothing') }))).toBe('MODEL_NOT_FOUND');
  });

  it('ends an answer by the signal or with the loop, and keeps what was said', async () => {
    const abort = new AbortController();
    const chat = engine.chat();
    const stream = chat.ask('What is a cat?', { ...long, signal: abort.signal });
    let heard = '';
    for await (const piece of stream) {
      heard += piece;
      abort.abort();
    }
    const answer = await stream.result();
    expect(answer).toMatchObject({ finishReason: 'abort', text: heard });
    expect(answer.ids.length).toBeLessThan(100);
    for await (const _ of chat.ask('What is a dog?', long)) break;
    expect(chat.turns).toHaveLength(2);
    expect((await chat.ask('What is a bird?', { maxNewTokens: 4 }).result()).ids).toHaveLength(4);
    chat.dispose();
  });

  it('keeps one question of a chat at a time, and none after its end', async () => {
    const chat = engine.chat();
    const first = chat.ask('What is a cat?', { maxNewTokens: 4 }).result();
    expect(await codeOf(chat.ask('And a dog?').result())).toBe('CHAT_BUSY');
    await first;
    chat.dispose();
    expect(await codeOf(chat.ask('And a dog?').result())).toBe('CHAT_DISPOSED');
  });

  it('lets a few wait, refuses more, and lets go those that are aborted before their turn', async () => {
    const ended = new AbortController();
    const running = [0, 1].map(() => engine.answer(undefined, 'What is a cat?', { ...long, signal: ended.signal }));
    await expect.poll(async () => (await engine.status()).running).toBe(2);
    const abort = new AbortController();
    const waiting = engine.answer(undefined, 'What is a dog?', { signal: abort.signal });
    const patient = engine.answer(undefined, 'What is a bird?', { maxNewTokens: 2 });
    expect(await codeOf(engine.answer(undefined, 'And a fish?'))).toBe('BUSY');
    expect(await codeOf(engine.encodeImage(disc()))).toBe('BUSY');
    abort.abort();
    expect(await waiting).toMatchObject({ finishReason: 'abort', ids: [] });
    ended.abort();
    expect((await Promise.all(running)).map(({ finishReason }) => finishReason)).toEqual(['abort', 'abort']);
    expect((await patient).ids).toHaveLength(2);
    expect(await engine.status()).toMatchObject({ running: 0, waiting: 0 });
  });

  it('reads a chat again that it has forgotten for others', async () => {
    const converse = async (chats: readonly ModelChat[]) => {
      const ids: (readonly number[])[] = [];
      for (const [i, chat] of chats.entries()) await chat.addImage(disc([60 * i, 200, 40]));
      for (const question of ['What is this?', 'What color is it?']) {
        for (const chat of chats) ids.push((await chat.ask(question, { maxNewTokens: 12 }).result()).ids);
      }
      return ids;
    };
    const chats = [0, 1, 2].map(() => engine.chat());
    expect(await converse(chats)).toEqual(await converse([0, 1, 2].map(() => model.chat())));
    expect((await engine.status()).chats).toBe(1);
    chats.forEach(chat => chat.dispose());
    expect((await engine.status()).chats).toBe(0);
  });
});
