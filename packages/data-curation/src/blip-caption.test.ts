import { describe, expect, it } from 'vitest';
import { blipCaption } from './blip-caption.js';

describe('blipCaption', () => {
  // expected values from Python's re with the original's three substitutions
  it.each([
    ['A "Cat": sits.\n', 'a cat sits'],
    ["Don't stop -- it's well-lit, isn't it?", "don't stop -- it's well-lit, isn't it?"],
    ['(a)*b#c:d;e~f!g.h', 'a b c d e f g h'],
    ['  two   spaces\t\tand tabs  ', 'two spaces and tabs'],
    ['one\nline feed', 'one\nline feed'],
    ['ends\u2003\u00a0wide', 'ends wide'],
    ['a\u001c\u0085b', 'a b'],
    ['a\ufeff\ufeffb', 'a\ufeff\ufeffb'],
    ['ΟΔΟΣ', 'οδος'],
    ['...', ''],
    ['', ''],
  ])('%j', (text, caption) => {
    expect(blipCaption(text)).toBe(caption);
  });

  it('keeps the first 50 words of 51, or as many as asked', () => {
    const words = Array.from({ length: 51 }, (_, i) => `w${i}`);
    expect(blipCaption(words.join(' '))).toBe(words.slice(0, 50).join(' '));
    expect(blipCaption(words.slice(0, 50).join(' '))).toBe(words.slice(0, 50).join(' '));
    expect(blipCaption('a b c', { maxWords: 2 })).toBe('a b');
  });
});
