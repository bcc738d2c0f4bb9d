import { basename } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';

/**
 * The only candidate, or the one that has a name from `preferred`, in that order; undefined without candidates.
 *
 * @throws `MODEL_AMBIGUOUS` when several remain
 */
export function choose(what: string, candidates: readonly string[], preferred: readonly string[]): string | undefined {
  if (candidates.length <= 1) return candidates[0];
  for (const name of preferred) {
    const named = candidates.filter(path => basename(path) === name);
    if (named.length === 1) return named[0];
  }
  throw new MiniGPT4Error(
    'MODEL_AMBIGUOUS',
    `model: which ${what} is meant, expected one, got ${candidates.length}: ${candidates.slice(0, 5).join(', ')}. Name it by the option files, or move the others away.`,
  );
}
