import type { LanguageModel } from '@minigpt4/llm-vicuna';

/** A language model that counts what it is asked to do. */
export interface WatchedLanguage extends LanguageModel {
  /** Ids of each call of `embed`. */
  readonly embedded: (readonly number[])[];
  /** Tokens of each call of `forwardEach`. */
  readonly each: number[];
}

/** The same language model, watched. */
export function watched(language: LanguageModel): WatchedLanguage {
  const [embedded, each]: [(readonly number[])[], number[]] = [[], []];
  const forwardEach = language.forwardEach?.bind(language);
  return {
    width: language.width,
    vocabularySize: language.vocabularySize,
    eosIds: language.eosIds,
    embedded,
    each,
    embed(ids) {
      embedded.push(ids);
      return language.embed(ids);
    },
    createCache: batch => language.createCache(batch),
    forward: (...run) => language.forward(...run),
    ...(forwardEach && {
      forwardEach: (embeddings, cache, places, signal) => {
        each.push(places.length);
        return forwardEach(embeddings, cache, places, signal);
      },
    }),
  };
}
