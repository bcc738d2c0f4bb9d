import { isMiniGPT4Error, MiniGPT4Error, type DType } from '@minigpt4/core';
import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import { timeProduct, type InferenceStorage, type WeightStorage } from '@minigpt4/onnx-session';

/** How a language model's matrices are held for inference. */
export type LanguageStorage = 'as stored' | InferenceStorage;

/**
 * The ways of a language model's runs: plain data, chosen by a measurement when the model is loaded. What is computed
 * depends on them to the last digits, so where equal bytes are promised they are kept and handed in again.
 */
export interface LanguagePaths {
  /** How the matrices of runs of few rows are held. */
  readonly decode: LanguageStorage;
  /** How those of runs of many rows are held; the same as `decode` where there is no second copy. */
  readonly prefill: LanguageStorage;
  /** Rows (tokens of all sequences in a run) from which `prefill` is taken. */
  readonly prefillFrom: number;
}

/** Options of {@link choosePaths}. */
export interface PathOptions {
  /** Bits of the weights. Defaults to `none`: they are held as they are stored. */
  readonly language?: 'int4' | 'int8' | 'none';
  /** Weights that share a scale, where they have 4 bits. Defaults to 32. */
  readonly block?: 32 | 64 | 128;
  /** A second copy for runs of many rows, where it is faster. Defaults to `none`. */
  readonly prefillCopy?: 'int8' | 'none';
  /** Threads inside one operation. Defaults to the number of physical cores. */
  readonly threads?: number;
  /** Type that the graph computes in; fewer bits are for float32 alone. Defaults to float32. */
  readonly dtype?: DType;
  /** Paths of an earlier load, to be taken again without a measurement. Defaults to a choice. */
  readonly paths?: LanguagePaths;
}

/** Tells how long products take, as `timeProduct` of `@minigpt4/onnx-session`. */
export type TimeProduct = typeof timeProduct;

/** The most outputs and inputs of the product that is timed, so that it takes milliseconds whatever the model. */
const timedSize = { outputs: 4096, inputs: 2048 };

const blockStorages = { 32: 'int4 blocks', 64: 'int4 blocks of 64', 128: 'int4 blocks of 128' } as const;

/** Numbers of rows that are timed, one doubling after another. */
const timedRows = [2, 4, 8, 16, 32, 64, 128] as const;

/** Single rows that come, in a chat, with each prompt of the most rows that are timed. */
const answerTokens = 100;

/**
 * Chooses how a model's weights are held, by timing products of the shape of its feed-forward layers.
 *
 * @throws `CONFIG_INVALID` for `paths` that are none, and for fewer bits of a graph that computes in another type
 */
export async function choosePaths(
  { width, intermediateWidth }: LlamaConfig,
  { language: bits = 'none', block = 32, prefillCopy = 'none', dtype = 'float32', threads, paths }: PathOptions,
  time: TimeProduct = timeProduct,
): Promise<LanguagePaths> {
  if (paths !== undefined) return checkPaths(paths);
  if (bits === 'none') return single('as stored');
  if (dtype !== 'float32') {
    throw new MiniGPT4Error(
      'CONFIG_INVALID',
      `quantize: weights in fewer bits are multiplied in float32, expected dtype "float32", got "${dtype}". Leave one of the two out.`,
    );
  }
  const shape = {
    outputs: Math.min(intermediateWidth, timedSize.outputs),
    inputs: Math.min(width, timedSize.inputs),
    ...(threads !== undefined && { threads }),
  };
  const timed = (storage: InferenceStorage, rows: readonly number[]) =>
    time(storage, { ...shape, rows }).catch((error: unknown) => {
      // on a processor without the instructions this is not a choice
      if (isMiniGPT4Error(error, 'STORAGE_UNSUPPORTED')) return rows.map(() => Infinity);
      throw error;
    });
  const decode = bits === 'int4' ? blockStorages[block] : await fastestColumns(timed, prefillCopy === 'int8');
  if (prefillCopy === 'none' || decode === 'int8 columns') return single(decode);
  const [few, many] = [await timed(decode, timedRows), await timed('int8 columns', timedRows)];
  const slowest = few.findLastIndex((milliseconds, i) => milliseconds <= many[i]!);
  const prefillFrom = timedRows[slowest + 1];
  return prefillFrom === undefined ? single(decode) : { decode, prefill: 'int8 columns', prefillFrom };
}

/**
 * The faster of two ways to multiply by columns of 8 bits: for single rows where prompts have a copy of their own, else
 * for a whole chat. In blocks, which lose more, only on processors that do not multiply whole numbers exactly.
 */
async function fastestColumns(
  timed: (storage: InferenceStorage, rows: readonly number[]) => Promise<number[]>,
  promptsApart: boolean,
): Promise<InferenceStorage> {
  const cost = async (storage: InferenceStorage) => {
    const [row, prompt] = await timed(storage, [1, timedRows.at(-1)!]);
    return promptsApart ? row! : answerTokens * row! + prompt!;
  };
  const [together, apart] = [await cost('int8 columns, together'), await cost('int8 columns')];
  if (together === Infinity) return 'int8 blocks';
  return together < apart ? 'int8 columns, together' : 'int8 columns';
}

function single(storage: LanguageStorage): LanguagePaths {
  return { decode: storage, prefill: storage, prefillFrom: 1 };
}

/** Width from which a model has so many weights that 4 bits do for nearly all of them. */
const wide = 2048;

/**
 * Tells the matrices of a model that are held in 8 bits where the others have 4. Narrow models lose most by their value
 * and down projections (SmolLM2-135M: 0.17 nats, or 0.05 with these in 8 bits) and are small anyway; wide ones have none.
 */
export function sensitiveMatrices({ width }: LlamaConfig): (name: string) => boolean {
  return name => width < wide && /\.(v_proj|down_proj)\.weight$/.test(name);
}

/** What each storage is called, and the engine's word for its product. */
const names: Readonly<Record<LanguageStorage, string>> = {
  'as stored': 'as stored',
  'int4 blocks': 'int4 (MatMulNBits)',
  'int4 blocks of 64': 'int4 in blocks of 64 (MatMulNBits)',
  'int4 blocks of 128': 'int4 in blocks of 128 (MatMulNBits)',
  'int8 blocks': 'int8 (MatMulNBits)',
  'int8 columns': 'int8 (dynamic)',
  'int8 columns, together': 'int8 (dynamic, both parts at once)',
  'int8 columns, rough': 'int8 (dynamic, rough)',
};

/** Paths in words, such as `decode int4 (MatMulNBits), prefill int8 (dynamic) from 8 rows`. */
export function describePaths({ decode, prefill, prefillFrom }: LanguagePaths): string {
  if (decode === prefill) return `decode and prefill ${names[decode]}`;
  return `decode ${names[decode]}, prefill ${names[prefill]} from ${prefillFrom} rows`;
}

function checkPaths(paths: LanguagePaths): LanguagePaths {
  // they may come from a file, and be anything
  const { decode, prefill, prefillFrom } = Object(paths) as LanguagePaths;
  const known = (storage: WeightStorage) => Object.hasOwn(names, storage);
  if (known(decode) && known(prefill) && Number.isSafeInteger(prefillFrom) && prefillFrom > 0) {
    return { decode, prefill, prefillFrom };
  }
  throw new MiniGPT4Error(
    'CONFIG_INVALID',
    `paths: not usable, expected decode and prefill of ${Object.keys(names).join(', ')} and a positive prefillFrom, got ${JSON.stringify(paths)}. Hand in what a loaded model says, or leave them out.`,
  );
}
