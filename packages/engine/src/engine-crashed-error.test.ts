import { describe, expect, it } from 'vitest';
import { describeCrash } from './engine-crashed-error.js';

const end = { exitCode: null, signal: null, stderr: '', residentBytes: undefined, memoryLimit: undefined };

describe('describeCrash', () => {
  it.each([
    [
      { ...end, exitCode: 12, residentBytes: 300 * 2 ** 20, memoryLimit: 256 * 2 ** 20 },
      /at most 256 MiB, got 300 MiB/,
    ],
    [
      { ...end, signal: 'SIGABRT', stderr: 'FATAL ERROR: JavaScript heap out of memory' },
      /ran out of memory.* SIGABRT/,
    ],
    [{ ...end, signal: 'SIGKILL' }, /got SIGKILL\..*lack of memory/],
    [{ ...end, exitCode: 1, stderr: 'Error: oh\n' }, /got exit code 1\..*see the cause/],
  ])('says why and what helps: %o', (words, expected) => {
    const error = describeCrash(words);
    expect(error).toMatchObject({ code: 'ENGINE_CRASHED', exitCode: words.exitCode, signal: words.signal });
    expect(error.message).toMatch(expected);
    expect(error.message).toMatch(/^engine: .*, expected .*, got .*\. Ask again: the next request starts it anew/);
    expect(error.cause === undefined).toBe(words.stderr === '');
  });
});
