import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { contentOf, type ConfigToken, invalidTokenizer, isRecord } from './control-tokens.js';
import { createTokenizer } from './json-tokenizer.js';
import { checkTokenizerLimit, readSentencePieceModel } from './sentencepiece-model.js';
import { type AddedToken, createSentencePieceTokenizer } from './sentencepiece-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

async function readBytes(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    checkTokenizerLimit('fileBytes', size);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof MiniGPT4Error) throw cause;
    throw new MiniGPT4Error(
      'FILE_UNREADABLE',
      `loadTokenizer: cannot read ${path}, expected a tokenizer file. Check the path.`,
      { cause },
    );
  }
}

async function readJson(path: string): Promise<unknown> {
  const text = (await readBytes(path)).toString('utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalidTokenizer(`${path} is not JSON`, cause);
  }
}

const isFile = (path: string) =>
  stat(path).then(
    entry => entry.isFile(),
    () => false,
  );

/** The content of a JSON object that may be missing. */
async function readOptional(path: string): Promise<Record<string, unknown>> {
  if (!(await isFile(path))) return {};
  const json = await readJson(path);
  if (isRecord(json)) return json;
  throw invalidTokenizer(`bad ${path}, expected an object, got ${typeof json}`);
}

/** Texts of all tokens that a configuration gives a part, such as `pad_token` or `additional_special_tokens`. */
function namedTokens(config: Readonly<Record<string, unknown>>): (string | undefined)[] {
  return Object.entries(config)
    .filter(([key]) => key.endsWith('_token') || key === 'additional_special_tokens')
    .flatMap(([, value]) => value as ConfigToken | ConfigToken[])
    .map(contentOf);
}

/**
 * Tokens that a directory adds to its `tokenizer.model`: those of `added_tokens.json`, special if a configuration gives
 * them a part, and those under `added_tokens_decoder` in `tokenizer_config.json`, which say so themselves.
 */
async function readAddedTokens(directory: string, config: Readonly<Record<string, unknown>>): Promise<AddedToken[]> {
  const added = await readOptional(join(directory, 'added_tokens.json'));
  const special = await readOptional(join(directory, 'special_tokens_map.json'));
  const named = new Set([...namedTokens(config), ...namedTokens(special)]);
  const decoder = isRecord(config['added_tokens_decoder']) ? config['added_tokens_decoder'] : {};
  const described = Object.entries(decoder).map(([id, value]) => {
    const token = isRecord(value) ? value : {};
    const content = typeof token['content'] === 'string' ? token['content'] : '';
    return { content, id: Number(id), special: token['special'] === true };
  });
  const known = new Set(described.map(token => token.content));
  const listed = Object.entries(added)
    .filter(([content]) => !known.has(content))
    .map(([content, id]) => ({ content, id: Number(id), special: named.has(content) }));
  return [...described, ...listed];
}

async function loadSentencePiece(path: string, config: Record<string, unknown>): Promise<Tokenizer> {
  const model = readSentencePieceModel(await readBytes(path));
  return createSentencePieceTokenizer(model, { config, addedTokens: await readAddedTokens(dirname(path), config) });
}

/** The tokenizer file of a directory: `tokenizer.json` if it is there, else `tokenizer.model` if that is. */
async function tokenizerFile(path: string): Promise<string> {
  if (await isFile(path)) return path;
  const [json, model] = [join(path, 'tokenizer.json'), join(path, 'tokenizer.model')];
  return !(await isFile(json)) && (await isFile(model)) ? model : json;
}

/**
 * The tokenizer of a model directory, or of one `tokenizer.json` or `tokenizer.model` (sentencepiece); of a directory
 * with both, `tokenizer.json` is read. A `tokenizer_config.json` beside it is read as well, and beside a
 * `tokenizer.model` also `added_tokens.json` and `special_tokens_map.json`.
 *
 * @throws `FILE_UNREADABLE` or `TOKENIZER_INVALID`, naming the file; `TOKENIZER_LIMIT` for files and vocabularies that
 * are too large, `TOKENIZER_UNSUPPORTED` for a `tokenizer.model` that is neither unigram nor BPE
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const file = await tokenizerFile(path);
  const config = await readOptional(join(dirname(file), 'tokenizer_config.json'));
  if (extname(file) === '.model') return loadSentencePiece(file, config);
  return createTokenizer(await readJson(file), config);
}
