import { canShare, placesBehind } from '../batching/shared-cache.js';
import { abortable, forwardStep, type ForwardStep } from '../generation/forward-step.js';
import type { ResolvedOptions } from '../generation/generation-options.js';
import type { LanguageModel } from '../language-model.js';
import { PromptLookup } from './prompt-lookup.js';

/** What guesses the next ids where the options want it and the model can check guesses. */
export function guesserOf(model: LanguageModel, options: ResolvedOptions): PromptLookup | undefined {
  if (options.speculate === undefined || !canShare(model)) return undefined;
  return new PromptLookup(options.speculate, options.promptIds);
}

/**
 * Runs embeddings `next` behind the cache, and the guessed ids behind them. Logits of what follows the last of `next`
 * and each guess; undefined when the signal came. The cache holds the guesses as well then.
 */
export async function readAhead(
  step: ForwardStep,
  next: Float32Array,
  guessed: readonly number[],
): Promise<readonly Float32Array[] | undefined> {
  const { model, cache, signal } = step;
  if (guessed.length === 0 || !canShare(model)) {
    const logits = await forwardStep(step, next);
    return logits && [logits];
  }
  const ahead = await model.embed(guessed);
  const embeddings = new Float32Array(next.length + ahead.length);
  embeddings.set(next);
  embeddings.set(ahead, next.length);
  const tokens = embeddings.length / model.width;
  const places = placesBehind(cache.realRows(0), cache.length, tokens);
  const logits = await abortable(step, () => model.forwardEach(embeddings, cache, places, signal));
  return (
    logits &&
    Array.from({ length: 1 + guessed.length }, (_, i) => rowOf(logits, tokens, tokens - guessed.length - 1 + i))
  );
}

function rowOf(logits: Float32Array, rows: number, row: number): Float32Array {
  const size = logits.length / rows;
  return logits.subarray(row * size, (row + 1) * size);
}
