import { describe, expect, it } from 'vitest';
import { failuresOf } from '../__fixtures__/failures-of.js';
import { checkErrorCodes, type CodeTables } from './error-codes.js';

const meaning = { means: 'Something', fix: 'Do something' };
const tables: CodeTables = { errors: { KNOWN_CODE: meaning, BUSY: meaning }, findings: { FOUND_IT: meaning } };
const source = `
  import { MiniGPT4Error } from '@minigpt4/core';
  export const a = () => { throw new MiniGPT4Error('BUSY', 'a: b, expected c, got d. E.'); };
  export const b = (code: 'KNOWN_CODE') => new MiniGPT4Error(code, '');
  export const c = { code: 'FOUND_IT', folder: process.env['INIT_CWD'], type: 'Q4_0', word: 'READY' };
`;
const check = (text: string, path = 'packages/core/src/a.ts') =>
  failuresOf(repository => checkErrorCodes(repository, tables), {
    'packages/core/package.json': { name: '@minigpt4/core' },
    'packages/core/src/known.ts': source,
    'tooling/bench/package.json': { name: '@minigpt4/bench' },
    [path]: text,
  });

describe('checkErrorCodes', () => {
  it('finds all codes with a meaning, and no other words', () => {
    expect(check('')).toEqual([]);
  });

  it.each([
    ['an error', "throw new MiniGPT4Error('NEW', 'x');", 'NEW'],
    ['a subclass', "throw new PromptError('NEW', 'x');", 'NEW'],
    ['a type', "export type Code = 'BUSY' | 'NEW_CODE';", 'NEW_CODE'],
    ['a finding', "export const finding = { code: 'NEW' };", 'NEW'],
  ])('wants a meaning for the code of %s', (_, text, code) => {
    const failure = `packages/core/src/a.ts:1: ${code} has no meaning. Say in tooling/repo-checks/src/errors/error-table.ts what it means and what to do.`;
    expect(check(text)).toEqual([failure]);
    expect(check(text, 'packages/core/src/a.test.ts')).toEqual([]);
    expect(check(text, 'tooling/bench/src/a.ts')).toEqual([]);
  });

  it('wants no meaning for nothing', () => {
    const errors = { ...tables.errors, GONE_CODE: meaning };
    const failures = failuresOf(repository => checkErrorCodes(repository, { ...tables, errors }), {
      'packages/core/package.json': { name: '@minigpt4/core' },
      'packages/core/src/known.ts': source,
    });
    expect(failures).toEqual([expect.stringMatching(/GONE_CODE is used nowhere/)]);
  });
});
