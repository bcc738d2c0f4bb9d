import { readFileSync } from 'node:fs';
import { isMiniGPT4Error, random } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { llamaModelBytes, message, sentencePieceBytes, type WireValue } from '../../test/sentencepiece-bytes.js';
import { thrownBy } from '../../test/thrown-by.js';
import { toyTokenizerJson } from '../../test/toy-tokenizer.js';
import { readSentencePieceModel } from './sentencepiece-model.js';
import { createSentencePieceTokenizer } from './sentencepiece-tokenizer.js';

const pieces = [
  { text: '<unk>', type: 2 },
  { text: 'caf\u00e9', score: -1.5 },
  { text: '##', type: 4 },
];

describe('readSentencePieceModel', () => {
  it('reads what is written', () => {
    const bytes = sentencePieceBytes(
      pieces,
      [
        [3, 2],
        [35, true],
        [40, -1],
        [46, '[B]'],
        [47, '[E]'],
      ],
      [
        [1, 'mine'],
        [2, Uint8Array.of(1, 2)],
        [3, false],
        [4, false],
      ],
    );
    expect(readSentencePieceModel(bytes)).toEqual({
      algorithm: 'bpe',
      pieces: [
        { text: '<unk>', score: 0, type: 'unknown' },
        { text: 'caf\u00e9', score: -1.5, type: 'normal' },
        { text: '##', score: 0, type: 'userDefined' },
      ],
      byteFallback: true,
      bosPiece: '[B]',
      eosPiece: '[E]',
      normalization: { dummyPrefix: false, removeExtraSpaces: false, characterMap: Buffer.of(1, 2) },
    });
  });

  it("takes sentencepiece's defaults for what is left out", () => {
    expect(readSentencePieceModel(message([[1, message([[1, 'a']])]]))).toEqual({
      algorithm: 'unigram',
      pieces: [{ text: 'a', score: 0, type: 'normal' }],
      byteFallback: false,
      bosPiece: '<s>',
      eosPiece: '</s>',
      normalization: { dummyPrefix: true, removeExtraSpaces: true, characterMap: undefined },
    });
  });

  it.each<[string, WireValue[][], WireValue[][]]>([
    ['the model type of this tokenizer.model is not supported, expected 1 (unigram) or 2 (BPE), got 3', [[3, 3]], []],
    ['the place of spaces', [[24, true]], []],
    ['the mark of spaces', [], [[5, false]]],
  ])('does not support %s', (what, trainer, normalizer) => {
    const fields = (entries: WireValue[][]) => entries as unknown as [number, WireValue][];
    const error = thrownBy(() =>
      readSentencePieceModel(sentencePieceBytes(pieces, fields(trainer), fields(normalizer))),
    );
    expect(error.code).toBe('TOKENIZER_UNSUPPORTED');
    expect(error.message).toContain(what);
  });

  it('does not support a denormalizer with a map', () => {
    const error = thrownBy(() => readSentencePieceModel(message([[5, message([[2, 'map']])]])));
    expect(error.code).toBe('TOKENIZER_UNSUPPORTED');
  });

  const piece = (...fields: [number, WireValue][]) => message([[1, message(fields)]]);
  it.each<[string, Uint8Array]>([
    ['it is cut: 9 bytes wanted at byte 2 of 3', Uint8Array.of(10, 9, 0)],
    ['it is cut', Uint8Array.of(10)],
    ['it is cut: -1 bytes', Uint8Array.of(10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1)],
    ['a number longer than 10 bytes', new Uint8Array(12).fill(255)],
    ['field 1 has the unknown wire type 3', Uint8Array.of(11)],
    ['field number 0 is out of range', Uint8Array.of(2, 0)],
    ['field 1 has wire type 0, expected 2', Uint8Array.of(8, 1)],
    ['field 2 has wire type 2, expected 5', piece([1, 'a'], [2, 'x'])],
    ['field 3 has wire type 2, expected 0', piece([1, 'a'], [3, 'x'])],
    ['field 1 is not UTF-8', piece([1, Uint8Array.of(0xc3)])],
    ['piece "" needs a text', piece([2, { float: 1 }])],
    ['piece "a" needs', piece([1, 'a'], [2, { float: Number.NaN }])],
    ['piece "a" needs', piece([1, 'a'], [3, 9])],
  ])('refuses a file of which "%s"', (what, bytes) => {
    const error = thrownBy(() => readSentencePieceModel(bytes));
    expect(error.code).toBe('TOKENIZER_INVALID');
    expect(error.message).toContain(what);
  });

  it('passes over fields it does not know, of every wire type', () => {
    const unknown = Buffer.from([0x4d, 1, 2, 3, 4, 0x51, 1, 2, 3, 4, 5, 6, 7, 8, 0x58, 1, 0x22, 1, 65]);
    const read = readSentencePieceModel(Buffer.concat([unknown, sentencePieceBytes(pieces)]));
    expect(read).toEqual(readSentencePieceModel(sentencePieceBytes(pieces)));
  });

  it('refuses pieces beyond the limits, and files', () => {
    const long = thrownBy(() => readSentencePieceModel(piece([1, 'a'.repeat(513)])));
    expect(long.code).toBe('TOKENIZER_LIMIT');
    expect(long.message).toContain('expected pieceLength of at most 512, got 513');
    const one = piece([1, 'a']);
    const many = Buffer.alloc(1_000_001 * one.length, one);
    expect(thrownBy(() => readSentencePieceModel(many)).message).toContain('expected pieces of at most 1000000');
    const large = thrownBy(() => readSentencePieceModel(new Uint8Array(64 * 1024 * 1024 + 1)));
    expect(large.message).toContain('expected fileBytes of at most 67108864, got 67108865');
  });

  const files = ['bpe', 'unigram'].map(name => readFileSync(new URL(`./__fixtures__/${name}.model`, import.meta.url)));
  it.each([
    ['of LLaMA', llamaModelBytes(toyTokenizerJson)],
    ['bpe', files[0]!],
    ['unigram', files[1]!],
  ])('meets damage with a coded error or a tokenizer that works: %s', (_, whole) => {
    const source = random(5);
    let refused = 0;
    for (let run = 0; run < 300; run++) {
      const damaged = Buffer.from(whole.subarray(0, run % 3 === 0 ? source.integer(whole.length) : whole.length));
      for (let hits = 0; hits < 1 + (run % 4); hits++)
        damaged[source.integer(damaged.length || 1)] = source.integer(256);
      try {
        const tokenizer = createSentencePieceTokenizer(readSentencePieceModel(damaged));
        tokenizer.decode(tokenizer.encode('the caf\u00e9 \ufb01ts ###'));
      } catch (error) {
        if (!isMiniGPT4Error(error)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
