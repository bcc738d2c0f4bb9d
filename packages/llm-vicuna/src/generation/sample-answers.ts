import { random } from '@minigpt4/core';
import type { KVCache } from '../kv-cache.js';
import type { LanguageModel } from '../language-model.js';
import { branchesOf, type Branches } from '../batching/branches.js';
import type { ResolvedOptions } from './generation-options.js';
import { type ChooseToken, type FinishReason, type GeneratedToken, reasonToEnd, tokenChooser } from './next-token.js';

/** One of several answers. */
export interface SampledAnswer {
  readonly tokens: readonly GeneratedToken[];
  /** Summed log-probability the model itself gave the ids, divided by their count to the power of the length penalty. */
  readonly score: number;
  readonly finishReason: FinishReason;
}

/** What several answers start from. */
export interface SampleStart {
  readonly model: LanguageModel;
  /** Cache of batch 1 that holds the prompt; comes back as it was. */
  readonly cache: KVCache;
  /** Scores of the first id, (1, vocabulary). */
  readonly logits: Float32Array;
  readonly options: ResolvedOptions;
}

/** An answer while it grows. */
class Draft {
  readonly tokens: GeneratedToken[] = [];
  readonly ids: number[] = [];
  finishReason: FinishReason | undefined;
  #sum = 0;

  constructor(
    private readonly choose: ChooseToken,
    private readonly options: ResolvedOptions,
  ) {}

  grow(logits: Float32Array): void {
    const token = this.choose(logits, this.ids);
    this.tokens.push(token);
    this.ids.push(token.id);
    this.#sum += token.logProbability;
    this.finishReason = reasonToEnd(this.ids, this.options);
  }

  finished(): SampledAnswer {
    const score = this.#sum / this.ids.length ** this.options.lengthPenalty;
    return { tokens: this.tokens, score, finishReason: this.finishReason ?? 'abort' };
  }
}

/**
 * Draws `returnSequences` answers to one prompt side by side, each by a generator of its own: answer i is the one that
 * `seed + i` gives alone. Best first. The prompt's positions are computed once, and held once where the model
 * can do that; answers that have ended leave the batch. When the signal comes, all are returned as far as they are.
 */
export async function sampleAnswers({ model, cache, logits, options }: SampleStart): Promise<SampledAnswer[]> {
  const { returnSequences, seed, signal } = options;
  const drafts = Array.from(
    { length: returnSequences },
    (_, i) => new Draft(tokenChooser(options, random(seed + i)), options),
  );
  for (const draft of drafts) draft.grow(logits);

  const branches = branchesOf({ model, cache, count: returnSequences, signal });
  try {
    await growAll(drafts, model, branches);
  } finally {
    branches.close();
  }
  return drafts.map(draft => draft.finished()).sort((a, b) => b.score - a.score);
}

async function growAll(drafts: readonly Draft[], model: LanguageModel, branches: Branches): Promise<void> {
  let rows = drafts;
  for (;;) {
    const open = [...rows.keys()].filter(i => rows[i]!.finishReason === undefined);
    if (open.length === 0) return;
    rows = open.map(i => rows[i]!);
    const scores = await branches.grow(open, await model.embed(rows.map(draft => draft.ids.at(-1)!)));
    if (!scores) return;
    const size = scores.length / rows.length;
    rows.forEach((draft, i) => draft.grow(scores.subarray(i * size, (i + 1) * size)));
  }
}
