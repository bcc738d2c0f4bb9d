import { readFile } from 'node:fs/promises';
import { sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { toyTokenizerJson } from '../../test/toy-tokenizer.js';
import { createTokenizer } from '../tokenizer/json-tokenizer.js';
import { differencesFromLlama } from './llama-tokenizer.js';

const llama = sharedPath('data/llama-tokenizer.json');

describe('differencesFromLlama', () => {
  it.skipIf(!llama)("finds none in LLaMA's, with and without Vicuna's padding", async () => {
    const json = JSON.parse(await readFile(llama!, 'utf8')) as { added_tokens: object[] };
    expect(differencesFromLlama(createTokenizer(json))).toEqual([]);
    const padding = { id: 32000, content: '[PAD]', special: true, normalized: false };
    const vicuna = createTokenizer({ ...json, added_tokens: [...json.added_tokens, padding] });
    expect(vicuna.vocabularySize).toBe(32001);
    expect(differencesFromLlama(vicuna)).toEqual([]);
    const { bosId, vocabularySize } = vicuna;
    const encode = (text: string) => vicuna.encode(text);
    expect(differencesFromLlama({ bosId, eosId: 0, vocabularySize, encode })).toEqual(['</s>: expected 2, got 0']);
  });

  it('lists what another has', () => {
    const toy = createTokenizer(toyTokenizerJson);
    const found = differencesFromLlama(toy);
    expect(found[0]).toBe(`pieces: expected 32000, got ${toy.vocabularySize}`);
    expect(found).toContain(`"###": expected [835], got ${JSON.stringify(toy.encode('###'))}`);
  });
});
