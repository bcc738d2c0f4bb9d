import { TextStream, type Tokenizer } from '@minigpt4/llm-vicuna';
import { expect, it } from 'vitest';
import { TrimmedText } from './trimmed-text.js';

/** A tokenizer whose ids are character codes. */
const characters = {
  decode: (ids: readonly number[]) => String.fromCharCode(...ids),
  isSpecial: () => false,
} as unknown as Tokenizer;

function pieces(text: string): string[] {
  const trimmed = new TrimmedText(new TextStream(characters, { stop: ['###'] }));
  const out = Array.from(text, character => trimmed.push(character.charCodeAt(0)));
  const all = [...out, trimmed.finish()];
  expect(all.join('')).toBe(trimmed.text);
  return all.filter(piece => piece !== '');
}

it('gives text without white space at its ends', () => {
  expect(pieces('  a b  \n').join('|')).toBe('a| b');
  expect(pieces(' \n ')).toEqual([]);
});

it('keeps white space inside, however long', () => {
  expect(pieces('a  \n b').join('')).toBe('a  \n b');
});

it('ends before the stop text', () => {
  expect(pieces('It is. ### Human').join('')).toBe('It is.');
});
