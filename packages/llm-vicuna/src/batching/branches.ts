import type { KVCache } from '../kv-cache.js';
import type { LanguageModel } from '../language-model.js';
import { abortable, forwardStep } from '../generation/forward-step.js';
import { canShare, SharedCache, type SharingModel, type TextRows } from './shared-cache.js';

/** Several continuations of one prompt that grow by a token at a time. */
export interface Branches {
  /**
   * Runs a token for each parent, embeddings (parents, width), behind what the branch of that number was; these are the
   * branches from then on. Logits (parents, vocabulary), or undefined when the signal came.
   */
  grow(parents: readonly number[], embeddings: Float32Array): Promise<Float32Array | undefined>;
  /** Leaves the prompt's cache as it came. */
  close(): void;
}

/** What {@link branchesOf} starts from. */
export interface BranchesStart {
  readonly model: LanguageModel;
  /** Cache of batch 1 that holds the prompt. Nobody else may use it until the branches are closed. */
  readonly cache: KVCache;
  /** Branches at the start, all of them the prompt. */
  readonly count: number;
  readonly signal: AbortSignal | undefined;
}

/** Branches that share the prompt's rows where the model can do that, else have copies of them. */
export function branchesOf(start: BranchesStart): Branches {
  const { model } = start;
  return canShare(model) ? sharingBranches(model, start) : copiedBranches(start);
}

function sharingBranches(model: SharingModel, { cache, count, signal }: BranchesStart): Branches {
  const prompt = cache.length;
  const shared = new SharedCache(model, cache);
  let texts: readonly TextRows[] = Array.from({ length: count }, () => cache.realRows(0));
  return {
    async grow(parents, embeddings) {
      texts = shared.tidy(parents.map(parent => texts[parent]!));
      const step = await abortable({ cache, signal }, () => shared.step(texts, embeddings, signal));
      texts = step?.texts ?? texts;
      return step?.logits;
    },
    close: () => cache.truncate(prompt),
  };
}

function copiedBranches({ model, cache, count, signal }: BranchesStart): Branches {
  let copies = cache.expand(count);
  return {
    grow(parents, embeddings) {
      if (parents.length === copies.batch) copies.reorder(parents, cache.length);
      else copies = copies.select(parents);
      return forwardStep({ model, cache: copies, signal }, embeddings);
    },
    close: () => undefined,
  };
}
