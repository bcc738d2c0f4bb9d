import { isMiniGPT4Error } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { defaultQuestion, parseCommandLine } from './parse-command-line.js';

const parse = (...args: string[]) =>
  parseCommandLine(args, { directory: '/somewhere/ada', version: '1.2.3', write: () => {} });

function failure(...args: string[]): { code: string; message: string } {
  try {
    parse(...args);
  } catch (error) {
    if (isMiniGPT4Error(error)) return error;
  }
  return expect.fail(`${args.join(' ')} was accepted`);
}

describe('parseCommandLine', () => {
  it('serves the page on this machine when nothing is asked', () => {
    expect(parse()).toEqual({
      kind: 'serve',
      model: { source: 'tiny', inProcess: false },
      host: '127.0.0.1',
      port: 3000,
      settings: {},
    });
    expect(parse('--port', '0', '--host', '::1')).toMatchObject({ kind: 'serve', port: 0, host: '::1' });
  });

  it('asks once about a picture, whose path starts from the directory', () => {
    expect(parse('--image', 'cat.png', '--ask', 'What is this?')).toEqual({
      kind: 'ask',
      model: { source: 'tiny', inProcess: true },
      image: '/somewhere/ada/cat.png',
      question: 'What is this?',
      json: false,
      settings: {},
    });
    expect(parse('--image', '/pictures/cat.png')).toMatchObject({
      image: '/pictures/cat.png',
      question: defaultQuestion,
    });
    expect(parse('--image', '-', '--json')).toMatchObject({ image: '-', json: true });
    expect(parse('--ask', 'Hello')).not.toHaveProperty('image');
  });

  it('chats in the terminal, with a picture if there is one', () => {
    expect(parse('--terminal')).toEqual({
      kind: 'terminal',
      model: { source: 'tiny', inProcess: false },
      settings: {},
    });
    expect(parse('--terminal', '--image', 'cat.png')).toMatchObject({
      kind: 'terminal',
      image: '/somewhere/ada/cat.png',
    });
  });

  it('takes how the model is loaded', () => {
    const flags = '--quantize int4 --quantize-block 64 --quantize-vision int8 --prefill-copy int8 --device auto';
    expect(parse(...flags.split(' '), '--model', 'vicuna-7b', '--directory', 'models')).toMatchObject({
      model: {
        source: 'vicuna-7b',
        directory: '/somewhere/ada/models',
        quantize: { language: 'int4', block: 64, vision: 'int8' },
        prefillCopy: 'int8',
        device: 'auto',
        inProcess: false,
      },
      settings: {},
    });
    expect(failure('--quantize', 'int5')).toMatchObject({ code: 'INVALID_FLAG' });
  });

  it('takes every setting', () => {
    const flags =
      '--temperature 0.7 --top-p 0.9 --top-k 40 --repetition-penalty 1.1 --beams 5 --max-new-tokens 20 --seed 3';
    expect(parse('--ask', 'Hi', ...flags.split(' '), '--threads', '2')).toMatchObject({
      model: { source: 'tiny', threads: 2, inProcess: true },
      settings: { temperature: 0.7, topP: 0.9, topK: 40, repetitionPenalty: 1.1, beams: 5, maxNewTokens: 20, seed: 3 },
    });
  });

  it('leaves the model as typed, and finds a projection from the directory', () => {
    expect(parse('--model', 'mine', '--projection', 'stage1.pth')?.model).toEqual({
      source: 'mine',
      projection: '/somewhere/ada/stage1.pth',
      inProcess: false,
    });
  });

  it('keeps the model in this process when it is told to', () => {
    expect(parse('--in-process')).toMatchObject({ kind: 'serve', model: { inProcess: true } });
    expect(parse('--terminal', '--in-process')).toMatchObject({ kind: 'terminal', model: { inProcess: true } });
  });

  it.each([
    ['--max-new-tokens', '0', 'a whole number from 1 to 100000'],
    ['--max-new-tokens', '2.5', 'a whole number from 1 to 100000'],
    ['--temperature', 'hot', 'a number from 0 to 100'],
    ['--temperature', '-1', 'a number from 0 to 100'],
    ['--temperature', '', 'a number from 0 to 100'],
    ['--top-p', '1.5', 'a number from 0.001 to 1'],
    ['--port', '70000', 'a whole number from 0 to 65535'],
    ['--seed', '0x10', 'a whole number from 0 to 4294967295'],
  ])('refuses %s %s', (flag, value, expected) => {
    const error = failure('--ask', 'Hi', flag, value);
    expect(error.code).toBe('INVALID_FLAG');
    expect(error.message).toContain(flag);
    expect(error.message).toContain(`'${value}'`);
    expect(error.message).toContain(expected);
  });

  it('names the nearest flag in one sentence', () => {
    const error = failure('--imag', 'cat.png');
    expect(error.code).toBe('UNKNOWN_FLAG');
    expect(error.message).toBe("command line: unknown option '--imag' (Did you mean --image?) See --help.");
  });

  it.each([
    ['--terminal', '--ask', 'Hi'],
    ['--terminal', '--json'],
    ['--ask', 'Hi', '--port', '4000'],
    ['--image', 'cat.png', '--host', '0.0.0.0'],
    ['--terminal', '--image', '-'],
    ['--json'],
  ])('refuses flags that contradict each other: %s %s %s', (...args) => {
    expect(failure(...args.filter(arg => arg !== undefined)).code).toBe('CONFLICTING_FLAGS');
  });

  it('refuses a second picture, a bare argument, an empty question and a missing value', () => {
    expect(failure('--image', 'a.png', '--image', 'b.png')).toMatchObject({
      code: 'INVALID_FLAG',
      message: expect.stringContaining('Only one is supported') as unknown,
    });
    expect(failure('cat.png').code).toBe('UNEXPECTED_ARGUMENT');
    expect(failure('--ask', '  ').code).toBe('INVALID_FLAG');
    expect(failure('--image').code).toBe('INVALID_FLAG');
  });

  it('prints help with examples, and the version', () => {
    const written: string[] = [];
    const options = { directory: '/', version: '1.2.3', write: (text: string) => void written.push(text) };
    expect(parseCommandLine(['--help'], options)).toBeUndefined();
    expect(parseCommandLine(['--version'], options)).toBeUndefined();
    expect(written.join('')).toMatch(/Examples:\n.*\n.*--image cat\.png --ask/);
    expect(written.at(-1)).toBe('1.2.3\n');
  });
});
