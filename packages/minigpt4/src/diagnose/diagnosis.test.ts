import { MiniGPT4Error } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { failureOf, fine, trouble, worst } from './diagnosis.js';

describe('failureOf', () => {
  it.each([
    ['a.pth: no, expected x, got y. Check the path.', 'a.pth: no, expected x, got y.', 'Check the path.'],
    [
      'a: no, expected b\n  c (d.e)\ngot none. Use model.pth of v1.1 instead.',
      'a: no, expected b\n  c (d.e)\ngot none.',
      'Use model.pth of v1.1 instead.',
    ],
    ['/v1.5/llama. Old/x: no. Fix it.', '/v1.5/llama. Old/x: no.', 'Fix it.'],
    ['a: no:\n  missing b\nCheck both; c.', 'a: no:\n  missing b', 'Check both; c.'],
  ])('takes %j apart', (message, what, fix) => {
    expect(failureOf(new MiniGPT4Error('SOME_CODE', message))).toEqual({
      level: 'failure',
      code: 'SOME_CODE',
      message: what,
      fix,
    });
  });

  it('keeps what others throw', () => {
    expect(failureOf(new TypeError('Oh. No.'))).toMatchObject({ code: 'INTERNAL', message: 'Oh. No.' });
  });
});

describe('worst', () => {
  it('is the highest level', () => {
    const [ok, warning, failure] = [fine('A', ''), trouble('warning', 'B', '', ''), trouble('failure', 'C', '', '')];
    expect([worst([]), worst([ok, warning]), worst([ok, failure, warning])]).toEqual(['ok', 'warning', 'failure']);
  });
});
