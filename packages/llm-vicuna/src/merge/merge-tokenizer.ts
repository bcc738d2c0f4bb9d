import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { differencesFromLlama, llamaPieces } from './llama-tokenizer.js';
import { loadTokenizer } from '../tokenizer/load-tokenizer.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { mergeError } from './merge-error.js';
import type { MergeInputs } from './merge-inputs.js';

const modelFiles = ['tokenizer.json', 'tokenizer.model'];
const files = [...modelFiles, 'tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json'];

/** The tokenizer that a merged model gets. */
export interface MergeTokenizer {
  /** Directory it comes from. */
  readonly directory: string;
  readonly tokenizer: Tokenizer;
  /** What could not be checked, in a sentence. */
  readonly notes: readonly string[];
}

/**
 * The delta's tokenizer, or the base's where the delta has none, checked against the rows of the model and, where it has
 * LLaMA's number of pieces, against the ids that prompts of MiniGPT-4 live by.
 *
 * @throws `MERGE_TOKENIZER`, the errors of `loadTokenizer`
 */
export async function chooseTokenizer({ base, delta }: MergeInputs): Promise<MergeTokenizer> {
  const directory = (await hasTokenizer(delta.directory)) ? delta.directory : base.directory;
  if (!(await hasTokenizer(directory))) {
    throw mergeError(
      'MERGE_TOKENIZER',
      delta.directory,
      `no tokenizer, expected ${modelFiles.join(' or ')} in the delta or in the base, got neither. Download it beside the weights.`,
    );
  }
  const tokenizer = await loadTokenizer(directory);
  const { vocabularySize: rows } = base.config;
  const pieces = tokenizer.vocabularySize;
  if (pieces !== rows && pieces !== rows + 1) {
    throw mergeError(
      'MERGE_TOKENIZER',
      directory,
      `a tokenizer of another model, expected ${rows} pieces, one a row, or one more, got ${pieces}. Use the tokenizer of the delta.`,
    );
  }
  if (rows !== llamaPieces) {
    return {
      directory,
      tokenizer,
      notes: [`The model has ${rows} words, LLaMA ${llamaPieces}: the ids of ### were not checked.`],
    };
  }
  const [difference] = differencesFromLlama(tokenizer);
  if (difference === undefined) return { directory, tokenizer, notes: [] };
  throw mergeError(
    'MERGE_TOKENIZER',
    directory,
    `not LLaMA's tokenizer, ${difference}. Use the tokenizer of the delta.`,
  );
}

const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() === true;

async function hasTokenizer(directory: string): Promise<boolean> {
  const found = await Promise.all(modelFiles.map(name => isFile(join(directory, name))));
  return found.includes(true);
}

/** Copies whatever of a tokenizer's files is there. */
export async function copyTokenizer(from: string, to: string): Promise<void> {
  for (const name of files) {
    if (await isFile(join(from, name))) await copyFile(join(from, name), join(to, name));
  }
}
