import { readFileSync } from 'node:fs';
import { sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { toyTokenizerJson } from '../../test/toy-tokenizer.js';
import { endsWithSequence, firstStop, heldBack, stopSequences } from './stop.js';
import { createTokenizer } from '../tokenizer/json-tokenizer.js';
import { loadTokenizer } from '../tokenizer/load-tokenizer.js';

describe('endsWithSequence', () => {
  it.each([
    [[1, 2, 3], [[2, 3]], true],
    [[1, 2, 3], [[9], [3]], true],
    [[2, 3], [[2, 3]], true],
    [[3], [[2, 3]], false],
    [[2, 3, 1], [[2, 3]], false],
    [[2, 3], [], false],
    [[], [[1]], false],
  ])('%j with %j: %s', (ids, sequences, expected) => {
    expect(endsWithSequence(ids, sequences)).toBe(expected);
  });
});

describe('firstStop', () => {
  it('finds the stop that is complete first, of equal ones the longest', () => {
    expect(firstStop('a ### b', ['###'])).toEqual({ index: 2, stop: '###' });
    expect(firstStop('abcd', ['bcd', 'c'])).toEqual({ index: 2, stop: 'c' });
    expect(firstStop('abcd', ['c', 'bc'])).toEqual({ index: 1, stop: 'bc' });
    expect(firstStop('abcd', ['bc', 'c'])).toEqual({ index: 1, stop: 'bc' });
    expect(firstStop('####', ['###'])).toEqual({ index: 0, stop: '###' });
    expect(firstStop('a ##', ['###'])).toBeUndefined();
    expect(firstStop('a', [])).toBeUndefined();
  });
});

describe('heldBack', () => {
  it.each([
    ['abc #', ['###'], 1],
    ['abc ##', ['###'], 2],
    ['abc', ['###'], 0],
    ['##', ['#!', '##?'], 2],
    ['abab', ['ababc'], 4],
    ['xaba', ['ababc'], 3],
    ['', ['###'], 0],
    ['abc', ['abc'], 0],
  ])('%j with %j: %i', (text, stops, expected) => {
    expect(heldBack(text, stops)).toBe(expected);
  });
});

describe('stopSequences', () => {
  it('spells a text as a word of its own and behind a letter', () => {
    const toy = createTokenizer(toyTokenizerJson);
    const id = (piece: string) => toy.tokenId(piece);
    expect(stopSequences(toy, '###')).toEqual([[id('\u2581###')], [id('###')]]);
  });

  it('is one sequence where both spellings agree', () => {
    const toy = createTokenizer({ ...toyTokenizerJson, normalizer: null });
    expect(stopSequences(toy, '###')).toEqual([[toy.tokenId('###')]]);
  });

  it('leaves out a spelling that merges with the letter', () => {
    const merges = [...toyTokenizerJson.model.merges, '\u2581a :'];
    const vocab = { ...toyTokenizerJson.model.vocab, '\u2581a:': 400 };
    const toy = createTokenizer({ ...toyTokenizerJson, model: { ...toyTokenizerJson.model, merges, vocab } });
    expect(stopSequences(toy, ':')).toEqual([toy.encode(':')]);
  });

  const path = sharedPath('data/llama-tokenizer.json');
  const golden = sharedPath('goldens/llama-tokenizer/cases.json');
  it.skipIf(!path || !golden)("is the original's two for ### on LLaMA's tokenizer", async () => {
    const { stop_sequences } = JSON.parse(readFileSync(golden!, 'utf8')) as { stop_sequences: number[][] };
    expect(stopSequences(await loadTokenizer(path!), '###')).toEqual(stop_sequences);
  });
});
