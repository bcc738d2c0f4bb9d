import { MiniGPT4Error } from '@minigpt4/core';
import type { KVCache } from '../kv-cache.js';
import type { LanguageModel } from '../language-model.js';
import type { SpeculationOptions } from '../speculation/prompt-lookup.js';
import type { LogitsProcessor } from './sampling.js';

/** When a beam search with enough finished answers may end; see {@link GenerationOptions.earlyStopping}. */
export type EarlyStopping = boolean | 'never';

/** How an answer is generated. */
export interface GenerationOptions {
  /** Most ids to generate. Defaults to 300, as the original's chat. */
  readonly maxNewTokens?: number;
  /** Ids before which no end-of-sequence id may come; stop sequences are not held back. Defaults to 0. */
  readonly minNewTokens?: number;
  /** 0 takes the most likely id each time; above 0 draws, flatter the higher. Defaults to 0. */
  readonly temperature?: number;
  /** Draws among this many most likely ids only; 0 for all. Without effect at temperature 0. Defaults to 0. */
  readonly topK?: number;
  /** Draws among the most likely ids that together have this probability; 1 for all. Without effect at temperature 0. Defaults to 1. */
  readonly topP?: number;
  /** Draws among the ids at least this share as likely as the likeliest; 0 for all. Without effect at temperature 0. Defaults to 0. */
  readonly minP?: number;
  /** Above 1 makes ids generated before less likely. Defaults to 1. */
  readonly repetitionPenalty?: number;
  /** Taken from the score of every id generated before; below 0 favours them. Defaults to 0. */
  readonly presencePenalty?: number;
  /** Taken from the score of every id generated before, once for each time. Defaults to 0. */
  readonly frequencyPenalty?: number;
  /** Numbers added to the scores of ids; minus infinity rules an id out. Defaults to none. */
  readonly logitBias?: Readonly<Record<number, number>>;
  /**
   * The caller's own changes to the scores of the next id, in turn: after bias, penalties and `minNewTokens`, before
   * temperature, top-k, top-p and min-p. With beams the scores are log-probabilities. Defaults to none.
   */
  readonly processors?: readonly LogitsProcessor[];
  /** Ids listed with each id of the answer, the likeliest first, with their log-probabilities. Not with beams. Defaults to 0. */
  readonly logProbabilities?: number;
  /** Answers kept side by side. Defaults to 1; more at temperature 0 is beam search, above 0 beam sampling. */
  readonly beams?: number;
  /** Exponent of the length that divides the score of a beam or of one of several answers: above 0 favours long ones. Defaults to 1. */
  readonly lengthPenalty?: number;
  /**
   * With as many finished answers as beams: true ends the search; false when the best running beam, scored at its
   * present length, would not beat the worst of them; 'never' when no running beam can. Defaults to false.
   */
  readonly earlyStopping?: EarlyStopping;
  /**
   * Answers to return, best first: with beams at most as many; else, above temperature 0, any number, each drawn by
   * itself. Defaults to 1.
   */
  readonly returnSequences?: number;
  /** Runs of ids that end an answer; they stay at its end. Defaults to none. */
  readonly stopSequences?: readonly (readonly number[])[];
  /** Ids that end an answer; the one met stays at its end. Defaults to the model's. */
  readonly eosIds?: readonly number[];
  /** Seed of the draws, an integer: the same seed gives the same answer; several take the integers that follow. Defaults to a fresh one each time. */
  readonly seed?: number;
  /**
   * Guesses the next ids from earlier ones and checks them in one run, which is faster where an answer repeats what came
   * before. The answer is the same. Without effect with beams or several answers, and on a model without `forwardEach`.
   * Defaults to no guesses.
   */
  readonly speculate?: SpeculationOptions;
  /**
   * Ids of the prompt, and of what the cache held before it, for `speculate`: guesses come from here and from the answer.
   * Numbers below 0 stand for positions that are no ids, such as those of a picture. Defaults to none.
   */
  readonly promptIds?: readonly number[];
  /** Ends the answer between two ids, with what there is. */
  readonly signal?: AbortSignal;
  /** A cache of batch 1 whose positions come before the prompt. Defaults to an empty one. */
  readonly cache?: KVCache;
}

/** The options with nothing left open. */
export type ResolvedOptions = Required<Omit<GenerationOptions, 'signal' | 'speculate'>> & {
  readonly signal: AbortSignal | undefined;
  readonly speculate: Required<SpeculationOptions> | undefined;
};

function check(valid: boolean, name: keyof GenerationOptions, expected: string, got: unknown): void {
  if (valid) return;
  throw new MiniGPT4Error(
    'INVALID_OPTION',
    `generate: bad ${name}, expected ${expected}, got ${String(got)}. Change the option.`,
  );
}

const isCount = (value: number, least: number) => Number.isSafeInteger(value) && value >= least;

function checkNumbers(options: ResolvedOptions): void {
  const { temperature, topP, minP, repetitionPenalty, seed } = options;
  for (const name of ['maxNewTokens', 'beams', 'returnSequences'] as const) {
    check(isCount(options[name], 1), name, 'an integer from 1', options[name]);
  }
  for (const name of ['minNewTokens', 'topK', 'logProbabilities'] as const) {
    check(isCount(options[name], 0), name, 'an integer from 0', options[name]);
  }
  for (const name of ['presencePenalty', 'frequencyPenalty', 'lengthPenalty'] as const) {
    check(Number.isFinite(options[name]), name, 'a number', options[name]);
  }
  check(Number.isFinite(temperature) && temperature >= 0, 'temperature', 'a number from 0', temperature);
  check(topP > 0 && topP <= 1, 'topP', 'a number above 0, at most 1', topP);
  check(minP >= 0 && minP <= 1, 'minP', 'a number from 0 to 1', minP);
  check(
    Number.isFinite(repetitionPenalty) && repetitionPenalty > 0,
    'repetitionPenalty',
    'a number above 0',
    repetitionPenalty,
  );
  check(Number.isSafeInteger(seed), 'seed', 'an integer', seed);
}

function checkSequences({ beams, returnSequences, logProbabilities, temperature }: ResolvedOptions): void {
  const drawn = beams === 1 && temperature > 0;
  const most = `at most beams (${beams}), or a temperature above 0 without beams`;
  check(drawn || returnSequences <= beams, 'returnSequences', most, returnSequences);
  check(beams === 1 || logProbabilities === 0, 'logProbabilities', `0 with beams (${beams})`, logProbabilities);
}

function checkSpeculation({ speculate }: ResolvedOptions): void {
  if (speculate === undefined) return;
  const { tokens, ngram } = speculate;
  check(
    isCount(tokens, 1) && isCount(ngram, 1),
    'speculate',
    'tokens and ngram from 1',
    `tokens ${tokens}, ngram ${ngram}`,
  );
}

function checkIds(options: ResolvedOptions, model: LanguageModel): void {
  const { eosIds, stopSequences, cache, logitBias } = options;
  const isId = (id: number) => isCount(id, 0) && id < model.vocabularySize;
  check(eosIds.every(isId), 'eosIds', `ids below ${model.vocabularySize}`, `[${eosIds.join()}]`);
  for (const [id, bias] of Object.entries(logitBias)) {
    const valid = isId(Number(id)) && (Number.isFinite(bias) || bias === Number.NEGATIVE_INFINITY);
    check(valid, 'logitBias', `ids below ${model.vocabularySize} with numbers`, `${id}: ${bias}`);
  }
  check(
    stopSequences.every(ids => ids.length > 0),
    'stopSequences',
    'at least one id in each',
    '[]',
  );
  check(cache.batch === 1, 'cache', 'one of batch 1', `batch ${cache.batch}`);
}

/** Fills in what was left out. @throws `INVALID_OPTION`, naming the option, what was expected and what came. */
export function resolveOptions(options: GenerationOptions, model: LanguageModel): ResolvedOptions {
  const resolved: ResolvedOptions = {
    maxNewTokens: options.maxNewTokens ?? 300,
    minNewTokens: options.minNewTokens ?? 0,
    temperature: options.temperature ?? 0,
    topK: options.topK ?? 0,
    topP: options.topP ?? 1,
    minP: options.minP ?? 0,
    repetitionPenalty: options.repetitionPenalty ?? 1,
    presencePenalty: options.presencePenalty ?? 0,
    frequencyPenalty: options.frequencyPenalty ?? 0,
    logitBias: options.logitBias ?? {},
    processors: options.processors ?? [],
    logProbabilities: options.logProbabilities ?? 0,
    beams: options.beams ?? 1,
    lengthPenalty: options.lengthPenalty ?? 1,
    earlyStopping: options.earlyStopping ?? false,
    returnSequences: options.returnSequences ?? 1,
    stopSequences: options.stopSequences ?? [],
    eosIds: options.eosIds ?? model.eosIds,
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 31),
    speculate: options.speculate && { tokens: 4, ngram: 3, ...options.speculate },
    promptIds: options.promptIds ?? [],
    signal: options.signal,
    cache: options.cache ?? model.createCache(),
  };
  checkNumbers(resolved);
  checkSequences(resolved);
  checkSpeculation(resolved);
  checkIds(resolved, model);
  return resolved;
}
