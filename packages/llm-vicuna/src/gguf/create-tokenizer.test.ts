import { readFile } from 'node:fs/promises';
import { readGgufMetadata } from '@minigpt4/checkpoint';
import { sharedPath } from '@minigpt4/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { thrownBy } from '../../test/thrown-by.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { createTokenizerFromGguf } from './create-tokenizer.js';

/** Metadata of `tokenizer.ggml`. */
function metadata(values: Record<string, unknown>): Map<string, unknown> {
  return new Map(Object.entries(values).map(([key, value]) => [`tokenizer.ggml.${key}`, value]));
}

/** A byte-level tokenizer small enough to read: `\u0120` is a space. */
const byteLevel = {
  model: 'gpt2',
  pre: 'smollm',
  tokens: ['<s>', '</s>', '<img>', 'a', 'b', '1', '2', '\u0120', 'ab', '\u0120ab', '12'],
  token_type: [3, 3, 4, 1, 1, 1, 1, 1, 1, 1, 1],
  merges: ['a b', '\u0120 ab', '1 2'],
  bos_token_id: 0,
  eos_token_id: 1,
};

/** A sentencepiece tokenizer without bytes. */
const sentencePiece = {
  model: 'llama',
  tokens: ['<unk>', '<s>', '</s>', '\n', '\u2581', 'a', 'b', 'c', 'bc', 'ab', '\u2581ab', '\u2581a'],
  scores: [0, 0, 0, 0, -9, -9, -9, -9, -1, -2, -3, -4],
  token_type: [2, 3, 3, 4, 1, 1, 1, 1, 1, 1, 1, 1],
  bos_token_id: 1,
  eos_token_id: 2,
};

describe('createTokenizerFromGguf', () => {
  it('reads a byte-level vocabulary', () => {
    const tokenizer = createTokenizerFromGguf(metadata(byteLevel));
    expect(tokenizer).toMatchObject({ bosId: 0, eosId: 1, vocabularySize: 11 });
    expect(tokenizer.encode('ab ab<s>')).toEqual([8, 9, 0]);
    expect(tokenizer.encode('a<img>b')).toEqual([3, 2, 4]);
    expect([0, 1, 2, 3].map(id => tokenizer.isSpecial(id))).toEqual([true, true, false, false]);
    expect(tokenizer.decode([0, 8, 9, 1])).toBe('ab ab');
  });

  it('cuts digits apart only where the file says so', () => {
    const gpt2 = createTokenizerFromGguf(metadata({ ...byteLevel, pre: 'gpt-2' }));
    expect(gpt2.encode('ab12')).toEqual([8, 10]);
    expect(createTokenizerFromGguf(metadata(byteLevel)).encode('ab12')).toEqual([8, 5, 6]);
    const { pre: _, ...unnamed } = byteLevel;
    expect(createTokenizerFromGguf(metadata(unnamed)).encode('ab12')).toEqual([8, 10]);
  });

  it('leaves bytes without a piece out', () => {
    const tokenizer = createTokenizerFromGguf(metadata(byteLevel));
    expect(tokenizer.encode('aZb\u0004')).toEqual([8 - 5, 8 - 4]);
    expect(tokenizer.encode('ZZ')).toEqual([]);
  });

  it('merges by scores', () => {
    const tokenizer = createTokenizerFromGguf(metadata(sentencePiece));
    expect(tokenizer.encode('abc')).toEqual([11, 8]);
    expect(tokenizer.encode('ab')).toEqual([10]);
    expect(tokenizer.encode('a\nb')).toEqual([11, 3, 6]);
    expect(tokenizer.decode(tokenizer.encode('ab\nc ab'))).toBe('ab\nc ab');
    expect(tokenizer.encode('ax')).toEqual([11, 0]);
  });

  it('puts no space in front where the file says so', () => {
    const tokenizer = createTokenizerFromGguf(metadata({ ...sentencePiece, add_space_prefix: false }));
    expect(tokenizer.encode('ab')).toEqual([9]);
    expect(tokenizer.decode([10])).toBe(' ab');
  });

  it('takes the end of a sequence for its beginning where there is none', () => {
    const { bos_token_id: _, ...without } = byteLevel;
    expect(createTokenizerFromGguf(metadata(without))).toMatchObject({ bosId: 1, eosId: 1 });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['another kind', { model: 'bert' }, '"gpt2" or "llama", got "bert"'],
    ['another cut', { pre: 'toString' }, 'gpt-2, smollm, got "toString"'],
    [
      'no pieces',
      { tokens: undefined },
      'tokenizer.ggml.tokens" is not usable, expected a list of strings, got nothing',
    ],
    ['pieces that are no texts', { tokens: [1] }, 'a list of strings'],
    ['too few kinds', { token_type: [3] }, '11 numbers, got "1 numbers"'],
    ['no merges', { merges: 'a b' }, 'tokenizer.ggml.merges'],
    ['no end', { eos_token_id: undefined }, 'an id below 11, got nothing'],
    ['an end outside', { eos_token_id: 11 }, 'an id below 11, got 11'],
    ['a large beginning', { bos_token_id: 2n ** 60n }, 'got "1152921504606846976"'],
    ['a score that is none', { model: 'llama', scores: byteLevel.tokens.map(() => Number.NaN) }, 'a finite score'],
    ['an unknown type', { ...sentencePiece, token_type: sentencePiece.tokens.map(() => 7) }, 'a known type'],
    ['too few scores', { model: 'llama', scores: [0] }, '11 numbers, got "1 numbers"'],
  ])('refuses %s', (_, change, message) => {
    const error = thrownBy(() => createTokenizerFromGguf(metadata({ ...byteLevel, ...change })));
    expect(error).toMatchObject({ code: 'TOKENIZER_INVALID', message: expect.stringContaining(message) });
  });
});

interface TokenCases {
  readonly vocab_size: number;
  readonly missing_bytes?: readonly number[];
  readonly cases: readonly { text: string; ids: number[]; decoded: string; decoded_skip_special: string }[];
}

const modelPath = sharedPath('models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');
const goldenPath = sharedPath('goldens/smollm2/tokens.json');

describe.skipIf(!modelPath || !goldenPath)("SmolLM2's tokenizer, against the golden cases", () => {
  let golden: TokenCases;
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    golden = JSON.parse(await readFile(goldenPath!, 'utf8')) as TokenCases;
    tokenizer = createTokenizerFromGguf(await readGgufMetadata(modelPath!));
  });

  it('has the ids and the text of every case', () => {
    expect(tokenizer.vocabularySize).toBe(golden.vocab_size);
    for (const { text, ids, decoded, decoded_skip_special } of golden.cases) {
      expect({ text, ids: tokenizer.encode(text) }).toEqual({ text, ids });
      expect(tokenizer.decode(ids, { skipSpecial: false })).toBe(decoded);
      expect(tokenizer.decode(ids)).toBe(decoded_skip_special);
    }
  });

  it('reads back every text whose bytes have pieces', () => {
    const missing = new Set(golden.missing_bytes);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const bytes = new TextEncoder().encode(text);
        const ids = tokenizer.encode(text, { specials: false });
        expect(ids.some(id => tokenizer.isSpecial(id))).toBe(false);
        if (bytes.some(byte => missing.has(byte))) return;
        expect(tokenizer.decode(ids)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
      }),
    );
  });
});

const llamaPath = sharedPath('data/llama-tokenizer.json');
const llamaGoldenPath = sharedPath('goldens/llama-tokenizer/cases.json');

interface TokenizerFile {
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}

describe.skipIf(!llamaPath || !llamaGoldenPath)(
  "LLaMA's vocabulary as sentencepiece stores it, against the golden cases",
  () => {
    it('has the ids and the text of every case', async () => {
      const file = JSON.parse(await readFile(llamaPath!, 'utf8')) as TokenizerFile;
      const golden = JSON.parse(await readFile(llamaGoldenPath!, 'utf8')) as TokenCases;
      const tokens = Object.entries(file.model.vocab)
        .sort(([, a], [, b]) => a - b)
        .map(([piece]) => piece);
      // LLaMA's file: three control pieces, 256 bytes, then pieces whose score falls by 1 each; runs of spaces come last
      const spaces = /^\u2581{2,}$/;
      const tokenizer = createTokenizerFromGguf(
        metadata({
          model: 'llama',
          tokens,
          scores: tokens.map((piece, id) => (spaces.test(piece) ? -1e9 : Math.min(0, 259 - id))),
          token_type: tokens.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1)),
          bos_token_id: 1,
          eos_token_id: 2,
        }),
      );
      expect(tokenizer.vocabularySize).toBe(golden.vocab_size);
      for (const { text, ids, decoded } of golden.cases) {
        expect({ text, ids: tokenizer.encode(text) }).toEqual({ text, ids });
        expect(tokenizer.decode(ids, { skipSpecial: false })).toBe(decoded);
      }
    });
  },
);
