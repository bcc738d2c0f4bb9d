import { deserialize, serialize } from 'node:v8';
import { isMiniGPT4Error, MiniGPT4Error } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { receivedError, sendableError } from './sent-error.js';

const send = (error: unknown): Error => {
  return receivedError(deserialize(serialize(sendableError(error))) as ReturnType<typeof sendableError>);
};

describe('an error on its way', () => {
  it('keeps code, message, stack and fields', () => {
    const error = Object.assign(new MiniGPT4Error('CHECKPOINT_MISMATCH', 'x: bad.'), { missing: ['a'], f: () => 1 });
    const received = send(error);
    expect(isMiniGPT4Error(received, 'CHECKPOINT_MISMATCH')).toBe(true);
    expect(received).toMatchObject({ message: 'x: bad.', stack: error.stack, missing: ['a'] });
    expect(received).not.toHaveProperty('f');
  });

  it('gives a code of the family to those without its base class', () => {
    const error = Object.assign(new Error('ask: nothing.'), { name: 'PromptError', code: 'EMPTY_QUESTION' });
    expect(isMiniGPT4Error(send(error), 'EMPTY_QUESTION')).toBe(true);
  });

  it('stays an error without a code where nobody threw it on purpose', () => {
    const received = send(new TypeError('x is undefined'));
    expect(received).toMatchObject({ message: 'x is undefined', stack: expect.stringContaining('sent-error.test') });
    expect(isMiniGPT4Error(received)).toBe(false);
    expect(isMiniGPT4Error(send(Object.assign(new Error('no file'), { code: 'ENOENT' })))).toBe(false);
    expect(send('words').message).toBe('words');
  });
});
