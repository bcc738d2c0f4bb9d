import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { openCheckpoint, readGgufMetadata, renamed, reordered, type Checkpoint } from '@minigpt4/checkpoint';
import { MiniGPT4Error } from '@minigpt4/core';
import { loadTokenizer, readLlamaConfig, type LlamaConfig, type Tokenizer } from '@minigpt4/llm-vicuna';
import {
  compileChatTemplate,
  createTokenizerFromGguf,
  nameFromGguf,
  readLlamaConfigFromGguf,
  rowOrderOfGguf,
  type RenderChat,
} from '@minigpt4/llm-vicuna/gguf';
import { readJson, type Json } from '../model/read-json.js';

const ending = '.gguf';

/** The largest chat template that is read: real ones have some ten kilobytes. */
const maxTemplateBytes = 1 << 20;

function isGguf(path: string): boolean {
  return extname(path).toLowerCase() === ending;
}

/**
 * The GGUF file that `source` stands for: itself, or the only one in a directory that is no model directory
 * (`config.json`). Undefined for anything else.
 *
 * @throws `MODEL_NOT_FOUND` for a path of a GGUF file that is none, and for several files to choose from
 */
export async function findLanguageFile(source: string): Promise<string | undefined> {
  const path = resolve(source);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true && isGguf(path)) return path;
  if (found?.isDirectory() !== true) return undefined;
  const names = await readdir(path);
  const files = names.filter(isGguf);
  if (files.length === 0 || names.includes('config.json')) return undefined;
  if (files.length === 1) return join(path, files[0]!);
  throw new MiniGPT4Error(
    'MODEL_NOT_FOUND',
    `model: which file is meant, expected one ${ending} in ${path}, got ${files.length}: ${files.slice(0, 5).join(', ')}. Name the file.`,
  );
}

/** Whether `source` is a directory of Hugging Face with a language model alone: its `config.json` has one's sizes. */
export async function isLanguageDirectory(source: string): Promise<boolean> {
  const config = await readJson(join(resolve(source), 'config.json')).catch((): Json => ({}));
  return typeof config.num_hidden_layers === 'number' && config.files === undefined;
}

/** What a model of one file is called: its directory where it is alone in there, else the file. */
export function languageModelName(source: string, file: string): string {
  return resolve(source) === file ? basename(file, extname(file)) : basename(dirname(file));
}

/**
 * Sizes of the language model in `path`: a directory of Hugging Face, or a GGUF file.
 *
 * @throws `CONFIG_INVALID`, errors of `openCheckpoint` for a GGUF file
 */
export async function readLanguageConfig(path: string): Promise<LlamaConfig> {
  if (!isGguf(path)) return readLlamaConfig(await readJson(join(path, 'config.json')));
  await using file = await openCheckpoint(path);
  return readLlamaConfigFromGguf(await readGgufMetadata(path), file.names());
}

/**
 * Tokenizer of the language model in `path`: a directory of Hugging Face, or a GGUF file.
 *
 * @throws `TOKENIZER_INVALID`, `FILE_UNREADABLE`, errors of `openCheckpoint` for a GGUF file
 */
export async function loadLanguageTokenizer(path: string): Promise<Tokenizer> {
  return isGguf(path) ? createTokenizerFromGguf(await readGgufMetadata(path)) : loadTokenizer(path);
}

/**
 * Weights of the language model in `path` under their Hugging Face names: a directory of Hugging Face, a file of
 * its weights, or a GGUF file, whose packed tensors read as float32. The caller closes it.
 *
 * @throws errors of `openCheckpoint`
 */
export async function openLanguageWeights(path: string, config: LlamaConfig): Promise<Checkpoint> {
  const file = await openCheckpoint(path);
  if (file.format !== 'gguf') return file;
  return reordered(renamed(file, nameFromGguf), ({ name, shape }) => {
    const order = rowOrderOfGguf(name, config);
    // a tensor of another size is for the check of all shapes to report
    return order?.length === shape[0] ? order : undefined;
  });
}

/**
 * The chat template of the language model in `path`: of a GGUF file's metadata, or of a directory's
 * `chat_template.jinja` or `tokenizer_config.json`; undefined without one.
 *
 * @throws `TEMPLATE_INVALID`, `CONFIG_INVALID` for a configuration that is no JSON object
 */
export async function readChatTemplate(path: string, tokenizer: Tokenizer): Promise<RenderChat | undefined> {
  const source = isGguf(path)
    ? (await readGgufMetadata(path)).get('tokenizer.chat_template')
    : await readTemplateSource(path);
  if (typeof source !== 'string') return undefined;
  const textOf = (id: number) => tokenizer.decode([id], { skipSpecial: false });
  return compileChatTemplate(source, { bosToken: textOf(tokenizer.bosId), eosToken: textOf(tokenizer.eosId) });
}

/** A file of its own wins, as in transformers; of several templates with names the one called `default` counts. */
async function readTemplateSource(directory: string): Promise<unknown> {
  const [file, configuration] = ['chat_template.jinja', 'tokenizer_config.json'].map(name => join(directory, name));
  const found = await stat(file!).catch(() => undefined);
  if (found?.isFile() === true) {
    if (found.size <= maxTemplateBytes) return readFile(file!, 'utf8');
    throw new MiniGPT4Error(
      'TEMPLATE_INVALID',
      `${file}: too large, expected at most ${maxTemplateBytes} bytes, got ${found.size}. Use the one that came with the model.`,
    );
  }
  if ((await stat(configuration!).catch(() => undefined))?.isFile() !== true) return undefined;
  const { chat_template: template } = await readJson(configuration!);
  if (!Array.isArray(template)) return template;
  const named = template as readonly ({ readonly name?: unknown; readonly template?: unknown } | null)[];
  return named.find(one => one?.name === 'default')?.template;
}
