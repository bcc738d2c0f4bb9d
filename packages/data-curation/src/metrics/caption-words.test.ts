import { describe, expect, it } from 'vitest';
import { captionWords } from './caption-words.js';

describe('captionWords', () => {
  it.each([
    ["A dog's x-ray, 2 of 3 -- don't!", ['a', "dog's", 'x-ray', '2', 'of', '3', "don't"]],
    ['Café cafe\u0301', ['café', 'café']],
    ['¿…?', []],
  ])('%j', (text, words) => {
    expect(captionWords(text)).toEqual(words);
  });
});
