import { sharedPath } from '@minigpt4/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toyTokenizerJson } from '../../test/toy-tokenizer.js';
import { thrownBy } from '../../test/thrown-by.js';
import { firstStop } from './stop.js';
import { TextStream, type TextStreamOptions } from './text-stream.js';
import { createTokenizer } from '../tokenizer/json-tokenizer.js';
import { loadTokenizer } from '../tokenizer/load-tokenizer.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';

const toy = createTokenizer(toyTokenizerJson);
const ids = (...pieces: string[]) => pieces.map(piece => toy.tokenId(piece)!);

function stream(tokenizer: Tokenizer, input: readonly number[], options?: TextStreamOptions) {
  const text = new TextStream(tokenizer, options);
  const pieces = input.map(id => text.push(id));
  return { pieces: [...pieces, text.finish()], stoppedBy: text.stoppedBy, ended: text.ended };
}

/** What a stream adds up to, and what it must add up to. */
function addUp(tokenizer: Tokenizer, input: readonly number[], options: TextStreamOptions = {}) {
  const whole = tokenizer.decode(input, { skipSpecial: options.skipSpecial ?? true });
  const match = firstStop(whole, options.stop ?? []);
  const { pieces, stoppedBy } = stream(tokenizer, input, options);
  return {
    actual: { text: pieces.join(''), stoppedBy },
    expected: { text: match ? whole.slice(0, match.index) : whole, stoppedBy: match?.stop },
  };
}

describe('TextStream', () => {
  it('gives text id by id, with one leading space dropped', () => {
    expect(stream(toy, ids('\u2581', 'h', 'i', '\u2581', 'a', '.')).pieces).toEqual(['', 'h', 'i', ' ', 'a', '.', '']);
    expect(stream(toy, ids('\u2581\u2581', '\u2581a', '\u2581', 'a')).pieces.join('')).toBe('  a a');
  });

  it('gives a character of several bytes whole', () => {
    const pieces = ids('a', '<0xF0>', '<0x9F>', '<0x99>', '<0x82>', 'b');
    expect(stream(toy, pieces).pieces).toEqual(['a', '', '', '', '\u{1F642}', 'b', '']);
  });

  it('shows bytes that belong to no character once that is certain', () => {
    expect(stream(toy, ids('a', '<0xE2>', '<0x82>', 'b')).pieces).toEqual(['a', '', '', '\uFFFD\uFFFDb', '']);
    expect(stream(toy, ids('a', '<0xE2>', '<0x82>')).pieces).toEqual(['a', '', '', '\uFFFD\uFFFD']);
  });

  it('holds back what may begin a stop text, and ends before it', () => {
    const options = { stop: ['###'] };
    expect(stream(toy, ids('a', '#', 'b', '##', '#', 'c'), options)).toEqual({
      pieces: ['a', '', '#b', '', '', '', ''],
      stoppedBy: '###',
      ended: true,
    });
    expect(stream(toy, ids('a', '##'), options)).toEqual({
      pieces: ['a', '', '##'],
      stoppedBy: undefined,
      ended: true,
    });
  });

  it('finds a stop text in the middle of a piece and across pieces', () => {
    expect(stream(toy, ids('a', 'll', 'b'), { stop: ['lb'] }).pieces.join('')).toBe('al');
    expect(stream(toy, ids('\u2581h', '\u2581###'), { stop: ['###'] }).pieces.join('')).toBe('h ');
  });

  it('leaves control tokens out, without a trace in the spaces', () => {
    expect(stream(toy, [1, ...ids('\u2581a'), 2, ...ids('\u2581a'), 9999, ...ids('\u2581a')]).pieces.join('')).toBe(
      'a a a',
    );
    expect(stream(toy, [...ids('\u2581a'), 2], { skipSpecial: false }).pieces).toEqual(['a', '</s>', '']);
  });

  it('gives nothing after its end', () => {
    const text = new TextStream(toy, { stop: ['b'] });
    expect(ids('a', 'b', 'c').map(id => text.push(id))).toEqual(['a', '', '']);
    expect(text.finish()).toBe('');
    const finished = new TextStream(toy);
    expect(finished.finish()).toBe('');
    expect(finished.push(ids('a')[0]!)).toBe('');
  });

  it('refuses an empty stop text', () => {
    expect(thrownBy(() => new TextStream(toy, { stop: [''] })).code).toBe('INVALID_OPTION');
  });

  it('adds up to the decoded whole, cut at the stop text, for any ids', () => {
    const id = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ...ids('#', '##', '###', '\u2581', '\u2581###', '\u2581a', '\u2581\u2581', 'b', 'll'),
        ),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ...ids(
            '<0xE2>',
            '<0x82>',
            '<0xAC>',
            '<0xF0>',
            '<0x9F>',
            '<0x41>',
            '<0xFF>',
            '<0xEF>',
            '<0xBB>',
            '<0xBF>',
            '<0xBD>',
          ),
        ),
      },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: toy.vocabularySize + 1 }) },
    );
    const stop = fc.subarray(['###', '# #', ' a', 'b#', 'a', '\u20AC', '#b#', 'lllb']);
    fc.assert(
      fc.property(fc.array(id, { maxLength: 24 }), stop, fc.boolean(), (input, stops, skipSpecial) => {
        const { actual, expected } = addUp(toy, input, { stop: stops, skipSpecial });
        expect(actual).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  const path = sharedPath('models/tiny/llm');
  it.skipIf(!path)("adds up on the tiny model's tokenizer", async () => {
    const tiny = await loadTokenizer(path!);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4095 }), { maxLength: 40 }), input => {
        const { actual, expected } = addUp(tiny, input, { stop: ['###', '</Img>'] });
        expect(actual).toEqual(expected);
      }),
    );
  });

  it('reads byte-level pieces too, where a character may lie across any two of them', () => {
    const byteLevel = createTokenizer({
      ...toyTokenizerJson,
      normalizer: null,
      decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      model: {
        ...toyTokenizerJson.model,
        byte_fallback: false,
        vocab: { '<unk>': 0, '<s>': 1, '</s>': 2, '\u00E2\u0124': 3, '\u00AC\u0120a': 4, b: 5, '\u0120': 6 },
        merges: [],
      },
    });
    expect(stream(byteLevel, [5, 3, 4, 6, 5]).pieces).toEqual(['b', '', '\u20AC a', ' ', 'b', '']);
  });
});
