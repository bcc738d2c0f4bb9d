import { describe, expect, it } from 'vitest';
import { MiniGPT4Error } from '@minigpt4/core';
import { brokenSample, createSkipLog } from './skip-report.js';

describe('createSkipLog', () => {
  it('counts each broken sample once, by reason, with five examples of each', () => {
    const { add, report } = createSkipLog();
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < 7; i++) add(brokenSample('NO_IMAGE', `a.tar:${i}: no picture. Add it.`));
      add(brokenSample('BAD_JSON', 'a.tar:8.json: is no JSON. Write it again.'));
    }
    expect(report.total).toBe(8);
    expect(report.byReason).toEqual({ NO_IMAGE: 7, BAD_JSON: 1 });
    expect(report.examples).toHaveLength(6);
    expect(report.examples.at(-1)).toEqual({
      reason: 'BAD_JSON',
      message: 'a.tar:8.json: is no JSON. Write it again.',
    });
  });

  it('throws everything that is not about a sample again', () => {
    const { add, report } = createSkipLog();
    for (const error of [
      new TypeError('a mistake'),
      new MiniGPT4Error('OUT_OF_MEMORY', 'x'),
      new MiniGPT4Error('toString', 'x'),
    ]) {
      expect(() => add(error)).toThrow(error);
    }
    expect(report.total).toBe(0);
  });
});
