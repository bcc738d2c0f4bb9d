import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stubModel } from '../../test/stub-model.js';
import { stubSurroundings } from '../../test/stub-surroundings.js';
import { runCommandLine } from './run-command-line.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'minigpt4-terminal-'));
  const picture = sharp({ create: { width: 4, height: 3, channels: 3, background: 'red' } });
  await writeFile(join(directory, 'red one.png'), await picture.png().toBuffer());
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const chat = (surroundings: ReturnType<typeof stubSurroundings>, ...args: string[]) =>
  runCommandLine(['--terminal', ...args], '1.2.3', surroundings);

describe('the terminal chat with a pipe', () => {
  it('answers each line with a line, and prompts nobody', async () => {
    const model = stubModel({ pieces: question => [`You said\n`, question] });
    const surroundings = stubSurroundings({ model, stdin: 'One\n\nTwo\n' });
    expect(await chat(surroundings)).toBe(0);
    expect(surroundings.output()).toBe('You said One\nYou said Two\n');
    expect(surroundings.errors()).not.toContain('>');
    expect(model.asked.map(({ turn }) => turn)).toEqual([1, 2]);
    expect(model.disposed).toEqual(['chat', 'model']);
  });

  it('shows pictures, starts over with the same one, and quits', async () => {
    const model = stubModel();
    const stdin = 'A\n/image "red one.png"\nB\nC\n/reset\nD\n/quit\nE\n';
    expect(await chat(stubSurroundings({ model, stdin, directory }))).toBe(0);
    expect(model.asked.map(({ question, turn, image }) => [question, turn, image])).toEqual([
      ['A', 1, undefined],
      ['B', 1, 'embeddings'],
      ['C', 2, 'embeddings'],
      ['D', 1, 'embeddings'],
    ]);
    expect(model.encoded).toHaveLength(1);
  });

  it('begins with a picture', async () => {
    const model = stubModel();
    expect(await chat(stubSurroundings({ model, stdin: 'A', directory }), '--image', 'red one.png')).toBe(0);
    expect(model.asked).toMatchObject([{ question: 'A', image: 'embeddings' }]);
  });

  it('ends at the first error', async () => {
    const model = stubModel();
    const surroundings = stubSurroundings({ model, stdin: '/image no.png\nWhat is this?\n', directory });
    expect(await chat(surroundings)).toBe(1);
    expect(surroundings.errors()).toContain('IMAGE_NOT_FOUND');
    expect(model.asked).toEqual([]);
  });
});

describe('the terminal chat with a person', () => {
  it('prompts, explains, survives errors and leaves at the end of input', async () => {
    const typed = new PassThrough();
    const surroundings = stubSurroundings({ model: stubModel(), typed, directory });
    const exit = chat(surroundings);
    typed.write('/help\r/imag\r/image no.png\rHello\r');
    await expect.poll(surroundings.output).toBe('It is a red heart.\n');
    typed.end();
    expect(await exit).toBe(0);
    expect(surroundings.errors()).toContain('stub is ready');
    expect(surroundings.errors()).toContain('> ');
    expect(surroundings.errors()).toContain('/image FILE   look at a picture');
    expect(surroundings.errors()).toContain('cannot do that, expected /image FILE');
    expect(surroundings.errors()).toContain('does not exist');
  });

  it('stops an answer at Ctrl-C, and leaves at the next one', async () => {
    const typed = new PassThrough();
    const model = stubModel({ tokenMs: 2, pieces: () => Array.from({ length: 500 }, (_, i) => `w${i} `) });
    const surroundings = stubSurroundings({ model, typed });
    const exit = chat(surroundings);
    typed.write('Go on\r');
    await expect.poll(surroundings.output).toContain('w2');
    typed.write('\x03');
    await expect.poll(surroundings.output).toMatch(/\n$/);
    expect(surroundings.output()).not.toContain('w499');
    typed.write('\x03');
    expect(await exit).toBe(130);
  });
});
