import { describe, expect, it } from 'vitest';
import { failuresOf } from '../__fixtures__/failures-of.js';
import { checkErrorMessages } from './error-messages.js';

const check = (message: string, exceptions: Readonly<Record<string, string>> = {}) =>
  failuresOf(repository => checkErrorMessages(repository, exceptions), {
    'packages/core/package.json': { name: '@minigpt4/core' },
    'packages/core/src/a.ts': `throw new MiniGPT4Error('CODE', ${message});`,
  });

describe('checkErrorMessages', () => {
  it.each([
    ["'core: no size, expected 1, got none. Pass one.'"],
    ['`${path}: no size, expected ${a}, got ${b}. Pass one.`'],
    ["`core: no size, expected ${a}, ` + 'got none. Pass one.'"],
    ['`core: no size, expected 1, got none. ${fix}`'],
  ])('takes %s', message => {
    expect(check(message)).toEqual([]);
  });

  it.each([
    ["'no size, expected 1, got none. Pass one.'", "'where: '"],
    ["'core: no size, got none. Pass one.'", "'expected'"],
    ["'core: no size, expected 1. Pass one.'", "'got'"],
    ["'core: no size, expected 1, got none'", 'a sentence at its end'],
    ['message', "'where: ' and 'expected' and 'got'"],
  ])('refuses %s', (message, lacks) => {
    const failure = `packages/core/src/a.ts:1: the message of CODE lacks ${lacks}. Let it read 'where: what, expected …, got …. Fix.'.`;
    expect(check(message)).toEqual([failure]);
    expect(check(message, { '@minigpt4/core CODE': 'a reason' })).toEqual([]);
  });

  it('keeps no exception that is not needed', () => {
    const failures = check("'core: no size, expected 1, got none. Pass one.'", { '@minigpt4/core CODE': 'a reason' });
    expect(failures).toEqual([
      expect.stringMatching(/no exception is needed for @minigpt4\/core CODE. Remove its line/),
    ]);
  });
});
