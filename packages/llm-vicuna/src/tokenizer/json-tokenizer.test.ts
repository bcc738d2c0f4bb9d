import { readFile } from 'node:fs/promises';
import { sharedPath } from '@minigpt4/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { toyTokenizerJson } from '../../test/toy-tokenizer.js';
import { thrownBy } from '../../test/thrown-by.js';
import { createTokenizer } from './json-tokenizer.js';
import { loadTokenizer } from './load-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

const toy = createTokenizer(toyTokenizerJson);

/** What a text is after a trip through UTF-8. */
const wellFormed = (text: string) =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));

describe('createTokenizer', () => {
  it('knows its sizes and control ids', () => {
    expect(toy).toMatchObject({ bosId: 1, eosId: 2, vocabularySize: Object.keys(toyTokenizerJson.model.vocab).length });
    expect(toy.tokenId('<0x0A>')).toBe(13);
    expect(toy.tokenId('zzz')).toBeUndefined();
    expect([0, 1, 2, 3, 9999].map(id => toy.isSpecial(id))).toEqual([true, true, true, false, true]);
  });

  it('puts BOS in front on demand, also of nothing', () => {
    expect(toy.encode('')).toEqual([]);
    expect(toy.encode('', { bos: true })).toEqual([1]);
    expect(toy.encode('a', { bos: true })).toEqual([1, ...toy.encode('a')]);
  });

  it('takes BOS and EOS from the configuration, in both spellings, then from the template', () => {
    const template = {
      single: [{ SpecialToken: { id: '</s>' } }, { Sequence: { id: 'A' } }],
      type: 'TemplateProcessing',
      pair: [],
    };
    expect(createTokenizer(toyTokenizerJson, { bos_token: '</s>', eos_token: { content: '<unk>' } })).toMatchObject({
      bosId: 2,
      eosId: 0,
    });
    expect(createTokenizer({ ...toyTokenizerJson, post_processor: template })).toMatchObject({ bosId: 2, eosId: 2 });
  });

  it('reads written-out control tokens as control ids by default, and as text where asked', () => {
    expect(toy.encode('a<s>b')).toContain(1);
    for (const text of ['<s>', '</s>', '<unk>', 'a<s>b</s>', '<<s>s>', '<s><s>']) {
      const ids = toy.encode(text, { specials: false });
      expect(ids.filter(id => toy.isSpecial(id))).toEqual([]);
      expect(toy.decode(ids)).toBe(text);
    }
    expect(toy.encode('hello', { specials: false })).toEqual(toy.encode('hello'));
  });

  it('keeps added tokens that are no control tokens when control tokens are text', () => {
    const added = [...toyTokenizerJson.added_tokens, { id: 500, content: '<img>', special: false, normalized: false }];
    const tokenizer = createTokenizer({ ...toyTokenizerJson, added_tokens: added });
    expect(tokenizer.vocabularySize).toBe(501);
    expect(tokenizer.encode('<s><img>', { specials: false }).at(-1)).toBe(500);
    expect(tokenizer.isSpecial(500)).toBe(false);
  });

  it('leaves control tokens and ids without a piece out of the text, or shows them', () => {
    const ids = [1, ...toy.encode('hello'), 9999, 2];
    expect(toy.decode(ids)).toBe('hello');
    expect(toy.decode(ids, { skipSpecial: false })).toBe('<s> hello<unk></s>');
    expect(toy.decode([])).toBe('');
  });

  it('keeps a byte order mark, which the library swallows', () => {
    expect(toy.decode(toy.encode('\uFEFFa\uFEFF'))).toBe('\uFEFFa\uFEFF');
  });

  it('reads back every text it writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        // the dummy space and the mark for a space are one character to the tokenizer
        expect(toy.decode(toy.encode(text, { specials: false }))).toBe(wellFormed(text).replaceAll('\u2581', ' '));
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, unknown, unknown]>([
    ['got something else', null, {}],
    ['got something else', [], {}],
    ['got something else', { model: {} }, {}],
    ['cannot be read', { model: { type: 'BPE', vocab: {}, merges: [] } }, {}],
    ['cannot be read', { ...toyTokenizerJson, model: { ...toyTokenizerJson.model, merges: 5 } }, {}],
    [
      'no begin-of-sequence token',
      { ...toyTokenizerJson, added_tokens: [], model: { ...toyTokenizerJson.model, vocab: { a: 0 } } },
      {},
    ],
    ['bad configuration', toyTokenizerJson, 'x'],
  ])('says "%s"', (message, json, config) => {
    const error = thrownBy(() => createTokenizer(json, config));
    expect(error.code).toBe('TOKENIZER_INVALID');
    expect(error.message).toContain(message);
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

describe.skipIf(!goldenPath || !llamaPath)("LLaMA's tokenizer, against the golden cases", () => {
  let golden: TokenizerGolden;
  let llama: Tokenizer;
  beforeAll(async () => {
    golden = JSON.parse(await readFile(goldenPath!, 'utf8')) as TokenizerGolden;
    llama = await loadTokenizer(llamaPath!);
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

  it('has the ids of every prompt: each segment on its own, BOS on the first', () => {
    expect(golden.prompts.length).toBeGreaterThan(0);
    for (const { segments, ids } of golden.prompts) {
      expect(segments.map((segment, i) => llama.encode(segment, { bos: i === 0 }))).toEqual(ids);
    }
  });

  it('never makes a control id of a text of strangers', () => {
    for (const text of ['<s>', '</s>', '<unk>', 'a<s>b', '<s></s>']) {
      const ids = llama.encode(text, { specials: false });
      expect(ids.filter(id => id < 3)).toEqual([]);
      expect(llama.decode(ids)).toBe(text);
    }
  });
});

const tinyPath = sharedPath('models/tiny/llm');

describe.skipIf(!tinyPath)("the tiny model's tokenizer", () => {
  it('keeps the markers apart from their neighbours and reads back any text', async () => {
    const tiny = await loadTokenizer(tinyPath!);
    expect(tiny).toMatchObject({ bosId: 1, eosId: 2, vocabularySize: 4096 });
    const marker = tiny.encode('a###').at(-1);
    expect(tiny.encode('.###').at(-1)).toBe(marker);
    expect(tiny.decode([marker!])).toBe('###');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const ids = tiny.encode(text, { specials: false });
        expect(tiny.decode(ids)).toBe(wellFormed(text).replaceAll('\u2581', ' '));
        expect(ids.some(id => tiny.isSpecial(id))).toBe(false);
      }),
    );
  });
});
