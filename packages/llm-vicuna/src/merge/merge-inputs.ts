import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openCheckpoint, type Checkpoint } from '@minigpt4/checkpoint';
import { elementCount, MiniGPT4Error } from '@minigpt4/core';
import { readLlamaConfig, type LlamaConfig } from '../config.js';
import { unusedLlamaWeights } from '../weights.js';
import { mergeError } from './merge-error.js';

/** Key in the metadata of merged files, so that they are known again. */
export const mergedMark = 'minigpt4.merged_delta';

/** A directory of Hugging Face: its weights and what its `config.json` says. */
export interface ModelFolder {
  readonly directory: string;
  readonly weights: Checkpoint;
  readonly config: LlamaConfig;
  /** The whole `config.json`. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** A tensor of the result. */
export interface MergedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Rows that the base has; the delta's further ones are taken as they are. */
  readonly baseRows: number;
}

/** Both sides of a merge, of which everything but the values is checked. */
export interface MergeInputs extends AsyncDisposable {
  readonly base: ModelFolder;
  readonly delta: ModelFolder;
  /** In the delta's order. */
  readonly tensors: readonly MergedTensor[];
}

/**
 * Opens base and delta, and holds names, shapes and configurations against each other; reads no weights.
 *
 * @throws `MERGE_BASE` for Llama-2, a merged model or other sizes, `MERGE_DELTA` for another version than v0 or missing
 * tensors, the errors of `openCheckpoint` and `readLlamaConfig`
 */
export async function openMergeInputs(basePath: string, deltaPath: string): Promise<MergeInputs> {
  const opened: Checkpoint[] = [];
  const close = async () => {
    await Promise.all(opened.map(checkpoint => checkpoint.close()));
  };
  try {
    const [base, delta] = [await openFolder(basePath, opened), await openFolder(deltaPath, opened)];
    checkBase(base, delta);
    checkDelta(base, delta);
    return { base, delta, tensors: matchTensors(base, delta), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openFolder(path: string, opened: Checkpoint[]): Promise<ModelFolder> {
  const directory = resolve(path);
  const json = await readConfigFile(join(directory, 'config.json'));
  const config = readLlamaConfig(json);
  const weights = await openCheckpoint(directory);
  opened.push(weights);
  return { directory, weights, config, json };
}

async function readConfigFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
  } catch (cause) {
    const got = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : 'a file that is not JSON';
    throw new MiniGPT4Error(
      'CONFIG_INVALID',
      `${path}: not usable, expected the configuration of a Hugging Face LLaMA, got ${got}. Pass a directory in the format of Hugging Face: Meta's own files must be converted first.`,
      { cause },
    );
  }
  throw new MiniGPT4Error(
    'CONFIG_INVALID',
    `${path}: not usable, expected a JSON object, got another value. Download it again.`,
  );
}

/** LLaMA of 2023 knows 2,048 positions and has this epsilon; Llama-2 has the same shapes but twice and ten times as much. */
const firstLlama = { maxPositions: 2048, rmsNormEpsilon: 1e-6 };

const sizeKeys = ['width', 'intermediateWidth', 'layers', 'heads', 'kvHeads', 'headSize'] as const;

function checkBase(base: ModelFolder, delta: ModelFolder): void {
  const { directory, config, weights, json } = base;
  const fail = (fault: string) => mergeError('MERGE_BASE', directory, fault);
  if (directory === delta.directory)
    throw fail('base and delta are one directory, expected two, got the same. Pass the LLaMA as base.');
  if (weights.metadata[mergedMark] !== undefined) {
    throw fail(
      `already merged, expected LLaMA as it was before, got ${weights.metadata[mergedMark]}. Use it as it is.`,
    );
  }
  if (config.vocabularySize === delta.config.vocabularySize + 1) {
    throw fail(
      'base and delta are the wrong way round, expected the delta to have one row more, got the base with it. Swap the two.',
    );
  }
  const name = json._name_or_path;
  if (typeof name === 'string' && /vicuna|alpaca|koala/i.test(name)) {
    throw fail(`not LLaMA, expected the untuned model, got the weights of "${name}". Use LLaMA itself.`);
  }
  const { maxPositions, rmsNormEpsilon } = config;
  if (maxPositions > firstLlama.maxPositions || rmsNormEpsilon > 5 * firstLlama.rmsNormEpsilon) {
    throw fail(
      `not the LLaMA that Vicuna v0 was made of, expected ${firstLlama.maxPositions} positions and an epsilon of ${firstLlama.rmsNormEpsilon}, got ${maxPositions} and ${rmsNormEpsilon}, as Llama-2 has. Use the first LLaMA.`,
    );
  }
  const other = sizeKeys.find(key => config[key] !== delta.config[key]);
  if (other === undefined) return;
  throw fail(
    `another size than the delta's, expected ${other} ${delta.config[other]}, got ${config[other]}. Take 7B with 7B and 13B with 13B.`,
  );
}

function checkDelta({ config }: ModelFolder, delta: ModelFolder): void {
  const [expected, got] = [config.vocabularySize + 1, delta.config.vocabularySize];
  if (got === expected) return;
  const version =
    got === expected - 1 ? ' Deltas from v1.1 on have no row for padding, and MiniGPT-4 does not fit them.' : '';
  throw mergeError(
    'MERGE_DELTA',
    delta.directory,
    `not a delta of Vicuna v0, expected ${expected} rows of vocabulary, one more than the base, got ${got}.${version} Use lmsys/vicuna-7b-delta-v0 or lmsys/vicuna-13b-delta-v0.`,
  );
}

/** The tensors whose rows are words: the only ones in which a delta may be larger than the base. */
const wordTables = new Set(['model.embed_tokens.weight', 'lm_head.weight']);

function matchTensors(base: ModelFolder, delta: ModelFolder): MergedTensor[] {
  const used = (name: string) => !unusedLlamaWeights.some(pattern => pattern.test(name));
  const [ours, theirs] = [base, delta].map(({ weights }) => weights.names().filter(used)) as [string[], string[]];
  requireAll(
    'MERGE_BASE',
    base,
    theirs.filter(name => base.weights.info(name) === undefined),
  );
  requireAll(
    'MERGE_DELTA',
    delta,
    ours.filter(name => delta.weights.info(name) === undefined),
  );
  return theirs.map(name => {
    const [from, to] = [base, delta].map(({ weights }) => weights.info(name)!.shape) as [number[], number[]];
    const rows = wordTables.has(name) ? [base.config.vocabularySize, delta.config.vocabularySize] : [to[0], to[0]];
    const same = from.length === to.length && from.slice(1).every((size, i) => size === to[i + 1]);
    if (same && from[0] === rows[0] && to[0] === rows[1] && elementCount(to) > 0)
      return { name, shape: to, baseRows: from[0]! };
    throw mergeError(
      'MERGE_DELTA',
      delta.directory,
      `${name} does not fit the base, expected [${[rows[1], ...from.slice(1)].join(', ')}] on [${[rows[0], ...from.slice(1)].join(', ')}], got [${to.join(', ')}] on [${from.join(', ')}]. Use base and delta of one size.`,
    );
  });
}

function requireAll(code: 'MERGE_BASE' | 'MERGE_DELTA', { directory }: ModelFolder, missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw mergeError(
    code,
    directory,
    `tensors are missing, expected the same ones on both sides, got nothing for ${missing.length}: ${missing.slice(0, 3).join(', ')}. Finish the download.`,
  );
}
