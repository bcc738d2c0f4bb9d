import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { sharedPath } from '@minigpt4/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type JsonVocabulary, llamaModelBytes } from '../../test/sentencepiece-bytes.js';
import { thrownBy } from '../../test/thrown-by.js';
import { toyTokenizerJson } from '../../test/toy-tokenizer.js';
import { createTokenizer } from './json-tokenizer.js';
import { readSentencePieceModel, type SentencePieceModel } from './sentencepiece-model.js';
import { createSentencePieceTokenizer } from './sentencepiece-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

const fixture = (name: string) => readFileSync(new URL(`./__fixtures__/${name}`, import.meta.url));

type Case = readonly [text: string, ids: readonly number[], decoded: string];

const cases = JSON.parse(fixture('sentencepiece-cases.json').toString('utf8')) as Readonly<
  Record<string, readonly Case[]>
>;

describe.each(Object.entries(cases))('against sentencepiece 0.2: %s.model', (name, entries) => {
  const tokenizer = createSentencePieceTokenizer(readSentencePieceModel(fixture(`${name}.model`)));

  it('has the ids of every text', () => {
    expect(entries.length).toBeGreaterThan(50);
    for (const [text, ids] of entries) {
      expect({ text, ids: tokenizer.encode(text, { specials: false }) }).toEqual({ text, ids });
    }
  });

  it('has the text of all ids', () => {
    const known = entries.filter(([, ids]) => !ids.includes(0));
    expect(known.length).toBeGreaterThan(30);
    for (const [text, ids, decoded] of known) {
      expect({ text, decoded: tokenizer.decode(ids, { skipSpecial: false }) }).toEqual({ text, decoded });
    }
  });
});

const toyModel = readSentencePieceModel(llamaModelBytes(toyTokenizerJson));

describe("a tokenizer.model, against the same vocabulary's tokenizer.json", () => {
  const json = createTokenizer(toyTokenizerJson);
  const toy = createSentencePieceTokenizer(toyModel);

  it('knows the same sizes and control ids', () => {
    const { bosId, eosId, vocabularySize } = json;
    expect(toy).toMatchObject({ bosId, eosId, vocabularySize });
    for (const piece of ['<0x0A>', '</s>', '\u2581a', 'zzz']) expect(toy.tokenId(piece)).toBe(json.tokenId(piece));
    for (const id of [0, 1, 2, 3, 9999]) expect(toy.isSpecial(id)).toBe(json.isSpecial(id));
  });

  it('reads any text alike, with control tokens and without', () => {
    const pieces = fc.constantFrom(
      '<s>',
      '</s>',
      '<unk>',
      '###',
      ' ',
      '  ',
      'hello',
      'll',
      '\u00e9',
      '\u2581',
      '\uFEFF',
      '',
    );
    const text = fc
      .array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { maxLength: 8 })
      .map(parts => parts.join(''));
    fc.assert(
      fc.property(text, fc.boolean(), fc.boolean(), (written, bos, specials) => {
        expect(toy.encode(written, { bos, specials })).toEqual(json.encode(written, { bos, specials }));
      }),
      { numRuns: 100 },
    );
  });

  it('writes any ids alike', () => {
    const ids = fc.array(fc.integer({ min: 0, max: json.vocabularySize + 2 }), { maxLength: 12 });
    fc.assert(
      fc.property(ids, fc.boolean(), (some, skipSpecial) => {
        expect(toy.decode(some, { skipSpecial })).toBe(json.decode(some, { skipSpecial }));
      }),
      { numRuns: 300 },
    );
  });
});

describe('createSentencePieceTokenizer', () => {
  it('takes BOS and EOS from the configuration, then from the model', () => {
    expect(
      createSentencePieceTokenizer(toyModel, { config: { bos_token: '</s>', eos_token: { content: '<unk>' } } }),
    ).toMatchObject({ bosId: 2, eosId: 0 });
    expect(
      createSentencePieceTokenizer({ ...toyModel, bosPiece: '</s>', eosPiece: '<s>' }, { config: { bos_token: '' } }),
    ).toMatchObject({ bosId: 2, eosId: 1 });
  });

  it('cuts text at added tokens, special ones only where control tokens are read', () => {
    const addedTokens = [
      { content: '[PAD]', id: 500, special: true },
      { content: '<i>', id: 400, special: false },
      { content: '<i>+', id: 401, special: false },
    ];
    const tokenizer = createSentencePieceTokenizer(toyModel, { addedTokens });
    expect(tokenizer.vocabularySize).toBe(501);
    expect(tokenizer.encode('[PAD]<i><i>+')).toEqual([500, 400, 401]);
    expect(tokenizer.encode('[PAD]', { specials: false })).not.toContain(500);
    expect(tokenizer.encode('<i>', { specials: false })).toEqual([400]);
    expect([400, 450, 500].map(id => tokenizer.isSpecial(id))).toEqual([false, true, true]);
    expect(tokenizer.decode([400, 450, 500], { skipSpecial: false })).toBe('<i><unk>[PAD]');
  });

  const without = (text: string): SentencePieceModel => ({
    ...toyModel,
    pieces: toyModel.pieces.filter(piece => piece.text !== text),
  });
  it.each<[string, SentencePieceModel, { content: string; id: number; special: boolean }[]]>([
    ['expected one unknown piece, got 0', without('<unk>'), []],
    ['got no <0x0A>', without('<0x0A>'), []],
    ['got "a" again', { ...toyModel, pieces: [...toyModel.pieces, { text: 'a', score: 0, type: 'normal' }] }, []],
    ['no end-of-sequence token', without('</s>'), []],
    [
      'bad added token "[PAD]", expected an id of its own, got 1, which is <s>',
      toyModel,
      [{ content: '[PAD]', id: 1, special: true }],
    ],
    ['bad added token "x", expected an id of its own, got 0.5', toyModel, [{ content: 'x', id: 0.5, special: true }]],
    [
      'bad character map, expected a trie',
      { ...toyModel, normalization: { ...toyModel.normalization, characterMap: Uint8Array.of(9, 0, 0, 0, 1) } },
      [],
    ],
    [
      'bad character map, expected zero bytes',
      {
        ...toyModel,
        normalization: { ...toyModel.normalization, characterMap: Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 65) },
      },
      [],
    ],
  ])('says "%s"', (expected, model, addedTokens) => {
    const error = thrownBy(() => createSentencePieceTokenizer(model, { addedTokens }));
    expect(error.code).toBe('TOKENIZER_INVALID');
    expect(error.message).toContain(expected);
  });

  it('refuses an added token far away and a map that writes too much', () => {
    const far = [{ content: 'x', id: 2 ** 40, special: true }];
    expect(thrownBy(() => createSentencePieceTokenizer(toyModel, { addedTokens: far })).code).toBe('TOKENIZER_LIMIT');
    const characterMap = new Uint8Array(8 + 1026).fill(65, 8, 8 + 1025);
    characterMap[0] = 4;
    const model = { ...toyModel, normalization: { ...toyModel.normalization, characterMap } };
    const error = thrownBy(() => createSentencePieceTokenizer(model));
    expect(error.code).toBe('TOKENIZER_LIMIT');
    expect(error.message).toContain('expected replacementBytes of at most 1024, got 1025');
  });
});

interface TokenizerGolden {
  readonly vocab_size: number;
  readonly cases: readonly {
    text: string;
    ids: number[];
    ids_with_bos: number[];
    decoded: string;
    decoded_skip_special: string;
  }[];
  readonly prompts: readonly { segments: string[]; ids: number[][] }[];
}

const goldenPath = sharedPath('goldens/llama-tokenizer/cases.json');
const llamaPath = sharedPath('data/llama-tokenizer.json');

describe.skipIf(!goldenPath || !llamaPath)("LLaMA's tokenizer.model, against the golden cases", () => {
  let golden: TokenizerGolden;
  let llama: Tokenizer;
  beforeAll(async () => {
    golden = JSON.parse(await readFile(goldenPath!, 'utf8')) as TokenizerGolden;
    const json = JSON.parse(await readFile(llamaPath!, 'utf8')) as JsonVocabulary;
    llama = createSentencePieceTokenizer(readSentencePieceModel(llamaModelBytes(json)));
  });

  it('has the ids and the text of every case', () => {
    expect(llama.vocabularySize).toBe(golden.vocab_size);
    expect(golden.cases.length).toBeGreaterThan(0);
    for (const { text, ...expected } of golden.cases) {
      const ids = llama.encode(text);
      const ids_with_bos = llama.encode(text, { bos: true });
      const decoded = llama.decode(ids, { skipSpecial: false });
      expect({ text, ids, ids_with_bos, decoded, decoded_skip_special: llama.decode(ids_with_bos) }).toEqual({
        text,
        ...expected,
      });
    }
  });

  it('has the ids of every prompt', () => {
    expect(golden.prompts.length).toBeGreaterThan(0);
    for (const { segments, ids } of golden.prompts) {
      expect(segments.map((segment, i) => llama.encode(segment, { bos: i === 0 }))).toEqual(ids);
    }
  });
});
