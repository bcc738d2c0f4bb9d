import type { KVCache } from '../kv-cache.js';
import type { LanguageModel } from '../language-model.js';

/** What one step of generation runs on. */
export interface ForwardStep {
  readonly model: LanguageModel;
  readonly cache: KVCache;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs embeddings (batch, tokens, width) behind the cache; undefined when the signal came first or meanwhile. After an
 * abort or an error the cache holds what it held before.
 */
export function forwardStep(step: ForwardStep, embeddings: Float32Array): Promise<Float32Array | undefined> {
  return abortable(step, () => step.model.forward(embeddings, step.cache, step.signal));
}

/** What `run` gives; undefined when the signal came first or meanwhile. See {@link forwardStep} for the cache. */
export async function abortable<Result>(
  { cache, signal }: Omit<ForwardStep, 'model'>,
  run: () => Promise<Result>,
): Promise<Result | undefined> {
  const before = cache.length;
  // a turn of the event loop, so that timers and aborts get in between two ids even if the model never waits
  await new Promise<void>(resolve => setImmediate(resolve));
  if (signal?.aborted) return undefined;
  try {
    return await run();
  } catch (error) {
    cache.truncate(before);
    if (signal?.aborted) return undefined;
    throw error;
  }
}
