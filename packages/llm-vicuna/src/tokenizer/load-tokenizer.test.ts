import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { llamaModelBytes } from '../../test/sentencepiece-bytes.js';
import { rejectionOf } from '../../test/thrown-by.js';
import { toyTokenizerJson } from '../../test/toy-tokenizer.js';
import { loadTokenizer } from './load-tokenizer.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokenizer-'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = (name: string, content: unknown) =>
  writeFile(join(directory, name), content instanceof Buffer ? content : JSON.stringify(content));

describe('loadTokenizer', () => {
  it('reads a file or a directory, and the configuration beside it', async () => {
    await write('tokenizer.json', toyTokenizerJson);
    expect((await loadTokenizer(directory)).bosId).toBe(1);
    await write('tokenizer_config.json', { bos_token: '</s>' });
    expect((await loadTokenizer(directory)).bosId).toBe(2);
    expect((await loadTokenizer(join(directory, 'tokenizer.json'))).bosId).toBe(2);
    await writeFile(join(directory, 'tokenizer_config.json'), '{');
    const error = await rejectionOf(loadTokenizer(directory));
    expect(error.code).toBe('TOKENIZER_INVALID');
    expect(error.message).toContain('tokenizer_config.json is not JSON');
  });

  it('says which file it cannot read', async () => {
    const error = await rejectionOf(loadTokenizer('/nowhere'));
    expect(error.code).toBe('FILE_UNREADABLE');
    expect(error.message).toContain(join('/nowhere', 'tokenizer.json'));
  });

  it('takes tokenizer.json where both are, tokenizer.model where it is alone, and either by name', async () => {
    await write('tokenizer.model', llamaModelBytes(toyTokenizerJson));
    await write('tokenizer_config.json', { bos_token: '</s>' });
    const alone = await loadTokenizer(directory);
    expect(alone.bosId).toBe(2);
    expect(alone.encode('hello')).toEqual((await loadTokenizer(join(directory, 'tokenizer.model'))).encode('hello'));
    const { a: _, ...vocab } = toyTokenizerJson.model.vocab;
    await write('tokenizer.json', { ...toyTokenizerJson, model: { ...toyTokenizerJson.model, vocab, merges: [] } });
    expect((await loadTokenizer(directory)).tokenId('a')).toBeUndefined();
    expect((await loadTokenizer(join(directory, 'tokenizer.model'))).tokenId('a')).toBe(alone.tokenId('a'));
  });

  it("reads the tokens a directory adds, as Vicuna's padding, and which are special", async () => {
    await write('tokenizer.model', llamaModelBytes(toyTokenizerJson));
    await write('added_tokens.json', { '[PAD]': 600, '<im>': 601, '<x>': 602 });
    await write('special_tokens_map.json', { pad_token: { content: '[PAD]' }, additional_special_tokens: ['<x>'] });
    await write('tokenizer_config.json', {
      added_tokens_decoder: { '1': { content: '<s>', special: true }, '700': { content: '<y>', special: true } },
    });
    const tokenizer = await loadTokenizer(directory);
    expect(tokenizer.vocabularySize).toBe(701);
    expect(tokenizer.encode('[PAD]<im><x><y>')).toEqual([600, 601, 602, 700]);
    expect([1, 600, 601, 602, 700].map(id => tokenizer.isSpecial(id))).toEqual([true, true, false, true, true]);
  });

  it.each<[string, string, unknown, string]>([
    ['a damaged tokenizer.model', 'tokenizer.model', Buffer.of(10, 200), 'TOKENIZER_INVALID'],
    ['added tokens that belong to another model', 'added_tokens.json', { '[PAD]': 5 }, 'TOKENIZER_INVALID'],
    ['added tokens that are a list', 'added_tokens.json', [], 'TOKENIZER_INVALID'],
    [
      'added tokens without a content',
      'tokenizer_config.json',
      { added_tokens_decoder: { '900': 5 } },
      'TOKENIZER_INVALID',
    ],
  ])('refuses %s', async (_, name, content, code) => {
    await write('tokenizer.model', llamaModelBytes(toyTokenizerJson));
    await write(name, content);
    expect((await rejectionOf(loadTokenizer(directory))).code).toBe(code);
  });

  it('refuses a file beyond the limit before it reads it', async () => {
    await write('tokenizer.model', Buffer.of(0));
    await truncate(join(directory, 'tokenizer.model'), 2 ** 40);
    const error = await rejectionOf(loadTokenizer(directory));
    expect(error.code).toBe('TOKENIZER_LIMIT');
    expect(error.message).toContain('expected fileBytes of at most 67108864, got 1099511627776');
  });
});
