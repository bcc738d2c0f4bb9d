import { MiniGPT4Error } from '@minigpt4/core';
import { forwardStep } from './forward-step.js';
import type { FinishReason } from './next-token.js';
import type { KVCache } from '../kv-cache.js';
import type { LanguageModel } from '../language-model.js';
import { mostLikely } from './sampling.js';
import { endsWithSequence } from './stop.js';

/** How the answers of a batch are generated. */
export interface BatchGenerationOptions {
  /** Most ids of one answer. Defaults to 300, as the original's chat. */
  readonly maxNewTokens?: number;
  /** Runs of ids that end an answer; they stay at its end. Defaults to none. */
  readonly stopSequences?: readonly (readonly number[])[];
  /** Ids that end an answer; the one met stays at its end. Defaults to the model's. */
  readonly eosIds?: readonly number[];
  /** Is told each new id of each answer; true ends that answer. Defaults to never. */
  readonly ended?: (row: number, id: number) => boolean;
  /** Ends all answers between two ids, with what there is. */
  readonly signal?: AbortSignal;
  /** A cache of as many sequences as there are prompts, whose positions come before them. Defaults to an empty one. */
  readonly cache?: KVCache;
}

/** One answer of a batch. */
export interface BatchGenerationResult {
  /** Ids of the answer, with the id or sequence that ended it. */
  readonly ids: readonly number[];
  readonly finishReason: FinishReason;
}

/**
 * Answers several prompts side by side, each by its likeliest ids: what `generate` at temperature 0 gives for each
 * alone, but for scores that are equal to the last digits. Shorter prompts are padded in front, in the cache's gaps.
 * Answers that have ended leave the batch when they are half of it.
 *
 * `prompts` holds the embeddings (tokens, width) of the new positions of each. `options.cache` is left as it came.
 *
 * @throws `SHAPE_MISMATCH` for a prompt of a wrong size, no prompt at all, or a cache of another batch; `INVALID_OPTION`
 * for a bad `maxNewTokens`
 */
export async function generateBatch(
  model: LanguageModel,
  prompts: readonly Float32Array[],
  options: BatchGenerationOptions = {},
): Promise<BatchGenerationResult[]> {
  const cache = options.cache ?? model.createCache(Math.max(1, prompts.length));
  checkBatch({ model, prompts, cache, maxNewTokens: options.maxNewTokens ?? 300 });
  const before = cache.length;
  try {
    return await answerAll(model, prompts, { ...options, cache });
  } finally {
    cache.truncate(before);
  }
}

type WithCache = BatchGenerationOptions & Required<Pick<BatchGenerationOptions, 'cache'>>;

async function answerAll(
  model: LanguageModel,
  prompts: readonly Float32Array[],
  { maxNewTokens = 300, stopSequences = [], eosIds = model.eosIds, ended, signal, cache }: WithCache,
): Promise<BatchGenerationResult[]> {
  const answers = prompts.map(() => ({ ids: [] as number[], finishReason: undefined as FinishReason | undefined }));
  // sequence i of the cache continues answer rows[i], which may have ended since the batch was last cut
  let growing = { rows: answers.map((_, row) => row), cache };
  let next = joined(prompts, cache, model.width);

  for (let count = 1; ; count++) {
    const logits = await forwardStep({ model, cache: growing.cache, signal }, next);
    if (!logits) break;
    growing.rows.forEach((row, i) => {
      const answer = answers[row]!;
      if (answer.finishReason !== undefined) return;
      const id = mostLikely(logits.subarray(i * model.vocabularySize, (i + 1) * model.vocabularySize));
      answer.ids.push(id);
      const over = ended?.(row, id) === true || eosIds.includes(id) || endsWithSequence(answer.ids, stopSequences);
      if (over) answer.finishReason = 'stop';
      else if (count >= maxNewTokens) answer.finishReason = 'length';
    });
    const open = [...growing.rows.keys()].filter(i => answers[growing.rows[i]!]!.finishReason === undefined);
    if (open.length === 0) break;
    if (2 * open.length <= growing.rows.length) {
      growing = { rows: open.map(i => growing.rows[i]!), cache: growing.cache.select(open) };
    }
    next = await model.embed(growing.rows.map(row => answers[row]!.ids.at(-1)!));
  }
  return answers.map(({ ids, finishReason = 'abort' }) => ({ ids, finishReason }));
}

/** All prompts as one batch (prompts, tokens of the longest, width), padded in front where the cache is told of a gap. */
function joined(prompts: readonly Float32Array[], cache: KVCache, width: number): Float32Array {
  const longest = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
  const all = new Float32Array(prompts.length * longest);
  prompts.forEach((prompt, row) => {
    const padding = longest - prompt.length;
    all.set(prompt, row * longest + padding);
    cache.markGap(row, cache.length, cache.length + padding / width);
  });
  return all;
}

interface CheckedBatch {
  readonly model: LanguageModel;
  readonly prompts: readonly Float32Array[];
  readonly cache: KVCache;
  readonly maxNewTokens: number;
}

function checkBatch({ model, prompts, cache, maxNewTokens }: CheckedBatch): void {
  const lengths = prompts.map(prompt => prompt.length);
  if (lengths.length === 0 || lengths.some(length => length === 0 || length % model.width > 0)) {
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `generateBatch: bad prompts, expected (tokens, ${model.width}) embeddings of at least one token each, got [${lengths.join(', ')}] numbers. Pass one prompt or more, none of them empty.`,
    );
  }
  if (cache.batch !== prompts.length) {
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `generateBatch: bad cache, expected ${prompts.length} sequences as there are prompts, got ${cache.batch}. Expand or select it.`,
    );
  }
  if (Number.isSafeInteger(maxNewTokens) && maxNewTokens > 0) return;
  throw new MiniGPT4Error(
    'INVALID_OPTION',
    `generateBatch: bad maxNewTokens, expected an integer from 1, got ${maxNewTokens}. Change the option.`,
  );
}
