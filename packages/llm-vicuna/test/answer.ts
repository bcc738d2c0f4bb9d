import { generate, type GenerationResult } from '../src/generation/generate.js';
import type { GenerationOptions } from '../src/generation/generation-options.js';
import type { GeneratedToken } from '../src/generation/next-token.js';
import type { LanguageModel } from '../src/language-model.js';
import { hashScores } from './hash-model.js';

/** An answer of a hash model, and its ids as they came. */
export async function answer(
  model: LanguageModel,
  prompt: readonly number[],
  options?: GenerationOptions,
): Promise<GenerationResult & { readonly tokens: readonly GeneratedToken[] }> {
  const generation = generate(model, Float32Array.from(prompt), options);
  const tokens: GeneratedToken[] = [];
  for (;;) {
    const { done, value } = await generation.next();
    if (done) return { ...value, tokens };
    tokens.push(value);
  }
}

/** The log-probabilities of the model itself after some ids, worked out plainly; a hash model of 23 ids. */
export function logProbabilitiesAfter(ids: readonly number[]): number[] {
  const scores = hashScores(ids, 23);
  const sum = Math.log(scores.reduce((total, score) => total + Math.exp(score), 0));
  return [...scores].map(score => score - sum);
}
