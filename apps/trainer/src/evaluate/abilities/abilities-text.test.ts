import { describe, expect, it } from 'vitest';
import { abilitiesText, wrapped } from './abilities-text.js';
import type { AbilitiesOf } from './ask-abilities.js';

describe('wrapped', () => {
  it.each([
    ['one two three', 7, ['one two', 'three']],
    ['a  longwordthatisfartoolong b', 8, ['a', 'longword', 'thatisfa', 'rtoolong', 'b']],
    ['', 5, []],
  ])('%j at %i', (text, width, lines) => {
    expect(wrapped(text, width)).toEqual(lines);
  });
});

describe('abilitiesText', () => {
  it('shows answers side by side, with what is wrong with their form', () => {
    const of = (path: string, answer: string, endsWithStop: boolean): AbilitiesOf => ({
      projection: { path, sha256: '0123456789abcdef' },
      answers: [{ picture: 'cat.png', ability: 'poem', question: 'A poem?', answer, endsWithStop, repeats: false }],
      endsWithStop: Number(endsWithStop),
      repeats: 0,
    });
    const text = abilitiesText({
      model: 'tiny',
      partial: true,
      projections: [of('a', 'A cat.', true), of('b', '', false)],
    });
    expect(text).toContain('tiny, stopped before the end\n');
    expect(text).toContain('cat.png, poem: A poem?');
    expect(text).toMatch(/^A cat\. +\| \(nothing\) \[no end\]$/m);
    expect(text).toMatch(/ends by itself 100 %, repeats itself 0 % +\| ends by itself 0 %/);
  });
});
