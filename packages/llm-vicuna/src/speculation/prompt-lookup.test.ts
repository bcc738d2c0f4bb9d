import { describe, expect, it } from 'vitest';
import { PromptLookup } from './prompt-lookup.js';

const lookup = (prompt: readonly number[], tokens = 4, ngram = 2) => new PromptLookup({ tokens, ngram }, prompt);

describe('PromptLookup', () => {
  it.each<[string, readonly number[], readonly number[]]>([
    ['nothing new', [1, 2, 3, 4], []],
    ['what followed the last ids before', [5, 6, 7, 8, 9, 1, 5, 6], [7, 8, 9, 1]],
    ['the latest of several places', [5, 6, 1, 1, 1, 1, 5, 6, 2, 2, 2, 2, 5, 6], [2, 2, 2, 2]],
    ['a longer continuation rather than a later one', [3, 3, 3, 3, 3, 3, 3], [3, 3, 3, 3]],
    ['all there is', [5, 6, 7, 5, 6], [7, 5, 6]],
    ['nothing across a picture', [5, 6, -1, -1, 5, 6], []],
    ['what is before a picture', [5, 6, 7, -1, 5, 6], [7]],
    ['nothing for a short prompt', [5], []],
    ['nothing at all', [], []],
  ])('guesses %s: %j', (_, prompt, expected) => {
    expect(lookup(prompt).guess(9)).toEqual(expected);
  });

  it('sees the answer as well, and guesses no more than is wanted', () => {
    const ids = lookup([1, 2, 3, 4, 5]);
    expect(ids.guess(4)).toEqual([]);
    ids.push(2);
    ids.push(3);
    expect(ids.guess(4)).toEqual([4, 5, 2, 3]);
    expect(ids.guess(1)).toEqual([4]);
    expect(ids.guess(0)).toEqual([]);
  });

  it('counts guesses, and those that were right', () => {
    const ids = lookup([1, 2, 3, 4, 5, 1, 2]);
    expect(ids.guess(3)).toEqual([3, 4, 5]);
    for (const id of [3, 4, 9, 5]) ids.push(id);
    expect(ids.counts).toEqual({ made: 3, right: 2 });
    ids.push(3);
    ids.push(4);
    expect(ids.guess(1)).toEqual([9]);
    ids.push(9);
    expect(ids.counts).toEqual({ made: 4, right: 3 });
  });
});
