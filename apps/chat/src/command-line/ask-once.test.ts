import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stubModel } from '../../test/stub-model.js';
import { stubSurroundings } from '../../test/stub-surroundings.js';
import { runCommandLine } from './run-command-line.js';

let directory: string;
let png: Buffer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'minigpt4-chat-'));
  png = await sharp({ create: { width: 4, height: 3, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
    .png()
    .toBuffer();
  await writeFile(join(directory, 'glass.png'), png);
  await writeFile(join(directory, 'notes.png'), 'only words');
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const run = (args: string[], surroundings: ReturnType<typeof stubSurroundings>) =>
  runCommandLine(args, '1.2.3', surroundings);

describe('one question on the command line', () => {
  it('puts the answer alone on standard output', async () => {
    const model = stubModel();
    const surroundings = stubSurroundings({ model, directory });
    const args = [
      '--image',
      'glass.png',
      '--ask',
      'What is this?',
      '--max-new-tokens',
      '7',
      '--model',
      './mine',
      '--threads',
      '1',
    ];
    expect(await run(args, surroundings)).toBe(0);
    expect(surroundings.output()).toBe('It is a red heart.\n');
    expect(surroundings.errors()).toContain('3 tokens');
    expect(surroundings.loaded).toEqual([['./mine', { threads: 1, onProgress: expect.any(Function) as unknown }]]);
    expect(model.asked).toMatchObject([
      { question: 'What is this?', image: { width: 4, height: 3 }, options: { maxNewTokens: 7 } },
    ]);
    expect(model.disposed).toEqual(['model']);
  });

  it('lays a transparent picture on white', async () => {
    const model = stubModel();
    await run(['--image', '-'], stubSurroundings({ model, stdin: png }));
    expect(model.asked[0]?.image).toEqual({ width: 4, height: 3, data: new Uint8Array(36).fill(255) });
  });

  it('prints one JSON object with --json', async () => {
    const surroundings = stubSurroundings({ model: stubModel(), directory });
    expect(await run(['--image', 'glass.png', '--ask', 'Why?', '--json', '--seed', '5'], surroundings)).toBe(0);
    const output = surroundings.output();
    expect(output.trimEnd()).not.toContain('\n');
    expect(JSON.parse(output)).toEqual({
      answer: 'It is a red heart.',
      question: 'Why?',
      model: 'stub',
      finishReason: 'stop',
      image: { file: join(directory, 'glass.png'), width: 4, height: 3 },
      seed: 5,
      usage: { promptTokens: 30, imageTokens: 12, cachedTokens: 0, completionTokens: 3 },
      timings: {
        loadMs: expect.any(Number) as unknown,
        imageMs: 5,
        prefillMs: 10,
        firstTokenMs: 12,
        decodeMs: 20,
        tokensPerSecond: 150,
      },
    });
  });

  it('needs no picture', async () => {
    const model = stubModel();
    const surroundings = stubSurroundings({ model });
    expect(await run(['--ask', 'Hello', '--json'], surroundings)).toBe(0);
    expect(JSON.parse(surroundings.output())).toMatchObject({ image: null, seed: null });
    expect(model.asked[0]?.image).toBeUndefined();
  });

  it('keeps what was answered before an interrupt', async () => {
    const model = stubModel({ tokenMs: 2, pieces: () => Array.from({ length: 500 }, (_, i) => `w${i} `) });
    const surroundings = stubSurroundings({ model });
    const exit = run(['--ask', 'Go on'], surroundings);
    await expect.poll(surroundings.output).toContain('w2');
    surroundings.interrupt();
    expect(await exit).toBe(130);
    expect(surroundings.output()).toMatch(/^w0 w1 w2 [w\d ]*\n$/);
    expect(surroundings.errors()).toContain('interrupted');
    expect(model.disposed).toEqual(['model']);
  });

  it.each([
    ['missing.png', 'IMAGE_NOT_FOUND'],
    ['.', 'IMAGE_UNREADABLE'],
    ['notes.png', 'IMAGE_UNSUPPORTED'],
  ])('says in a sentence, or as JSON, why it cannot read %s', async (file, code) => {
    const plain = stubSurroundings({ model: stubModel(), directory });
    expect(await run(['--image', file], plain)).toBe(1);
    expect(plain.output()).toBe('');
    expect(plain.errors()).toMatch(new RegExp(`^minigpt4-chat: .*expected.*\\(${code}\\)\n$`));
    expect(plain.loaded).toEqual([]);

    const json = stubSurroundings({ model: stubModel(), directory });
    expect(await run(['--image', file, '--json'], json)).toBe(1);
    expect(JSON.parse(json.output())).toEqual({
      error: { code, message: expect.stringContaining('expected') as unknown },
    });
    expect(json.errors()).toBe('');
  });

  it('ends the line before it reports a failure in the middle', async () => {
    const model = stubModel({ failure: new Error('out of luck') });
    const surroundings = stubSurroundings({ model });
    expect(await run(['--ask', 'Go on'], surroundings)).toBe(1);
    expect(surroundings.output()).toBe('It is \n');
    expect(surroundings.errors()).toBe('minigpt4-chat: out of luck (INTERNAL)\n');
  });

  it('exits with 2 for a wrong command line', async () => {
    const surroundings = stubSurroundings({ model: stubModel() });
    expect(await run(['--imag'], surroundings)).toBe(2);
    expect(await run(['--imag', '--json'], surroundings)).toBe(2);
    expect(JSON.parse(surroundings.output())).toMatchObject({ error: { code: 'UNKNOWN_FLAG' } });
  });
});
