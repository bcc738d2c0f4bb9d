import { MiniGPT4Error } from '@minigpt4/core';
import type { LanguageModel } from '../language-model.js';
import { CallScheduler } from './call-scheduler.js';
import { canShare } from './shared-cache.js';

/** How concurrent answers are computed together. */
export interface BatchedLanguageModelOptions {
  /** Most sequences in one run. Defaults to 16. */
  readonly maxBatch?: number;
  /** Most positions of all sequences of a run together; their keys and values are held a second time. Defaults to 4096. */
  readonly maxPositions?: number;
  /** Tokens of a prompt computed between two steps of the others. Defaults to the model's, which keeps the last digits. */
  readonly chunkTokens?: number;
}

/**
 * The same model for many answers at once (continuous batching): calls may overlap, each on a cache of its own. The
 * next tokens of sequences that wait at the same time are computed in one run, long prompts in chunks in between, so
 * that each call gives what it gives alone, but for the last digits, and none waits for the end of another. A call that
 * is aborted while it waits leaves at once. A sequence alone runs as without this.
 *
 * Calls with a cache of batch 1 and one token are put together, if the model has `forwardEach`; all others take turns.
 *
 * @throws `INVALID_OPTION`
 */
export function batchedLanguageModel(
  model: LanguageModel,
  { maxBatch = 16, maxPositions = 4096, chunkTokens = model.chunkTokens ?? 128 }: BatchedLanguageModelOptions = {},
): LanguageModel {
  const options = { maxBatch, maxPositions, chunkTokens };
  for (const [name, value] of Object.entries(options)) checkCount(name, value);
  const scheduler = new CallScheduler(model, options);
  const { width, vocabularySize, eosIds } = model;
  return {
    width,
    vocabularySize,
    eosIds,
    chunkTokens,
    embed: ids => model.embed(ids),
    createCache: batch => model.createCache(batch),
    forward: (embeddings, cache, signal) => scheduler.forward({ embeddings, cache, signal }),
    ...(canShare(model) && {
      forwardEach: (embeddings, cache, places, signal) =>
        scheduler.takeTurn({ embeddings, cache, signal }, () => model.forwardEach(embeddings, cache, places, signal)),
    }),
  } satisfies LanguageModel;
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new MiniGPT4Error(
    'INVALID_OPTION',
    `batchedLanguageModel: bad ${name}, expected an integer from 1, got ${value}. Change the option.`,
  );
}
