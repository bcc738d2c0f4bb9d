import { describe, expect, it } from 'vitest';
import { isMiniGPT4Error, MiniGPT4Error } from './errors.js';

describe('MiniGPT4Error', () => {
  it('keeps code, message and cause', () => {
    const cause = new Error('underneath');
    const error = new MiniGPT4Error('SOME_CODE', 'here: it broke, expected a, got b. Mend it.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, error.cause]).toEqual(['MiniGPT4Error', 'SOME_CODE', cause]);
    expect(String(error)).toBe('MiniGPT4Error: here: it broke, expected a, got b. Mend it.');
  });

  it('is told from others, and by its code', () => {
    const error: unknown = new MiniGPT4Error('SOME_CODE', 'x');
    expect(isMiniGPT4Error(error)).toBe(true);
    expect(isMiniGPT4Error(error, 'SOME_CODE')).toBe(true);
    expect(isMiniGPT4Error(error, 'OTHER_CODE')).toBe(false);
    expect(isMiniGPT4Error(Object.assign(new Error('x'), { code: 'SOME_CODE' }))).toBe(false);
    expect(isMiniGPT4Error(undefined)).toBe(false);
  });
});
