import type { Tokenizer } from '@minigpt4/llm-vicuna';
import { describe, expect, it } from 'vitest';
import { paddingId } from './padding-id.js';

const pieces = ['<unk>', '<s>', '</s>', '#', 'a'];

const tokenizer = {
  eosId: 2,
  vocabularySize: pieces.length,
  encode: (text: string) =>
    pieces.includes(text) ? [pieces.indexOf(text)] : Array.from(text, one => pieces.indexOf(one)),
  isSpecial: (id: number) => id < 3,
} as unknown as Tokenizer;

describe('paddingId', () => {
  it('is end-of-sequence, as in the original', () => {
    expect(paddingId(tokenizer, '##')).toBe(2);
  });

  it('is another control token where texts end with end-of-sequence, which is then learned', () => {
    expect(paddingId(tokenizer, '</s>')).toBe(0);
  });
});
