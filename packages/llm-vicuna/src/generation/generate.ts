import { MiniGPT4Error, type Random, random } from '@minigpt4/core';
import { beamSearch } from './beam-search.js';
import { type ForwardStep, forwardStep } from './forward-step.js';
import { type GenerationOptions, type ResolvedOptions, resolveOptions } from './generation-options.js';
import type { LanguageModel } from '../language-model.js';
import { type FinishReason, type GeneratedToken, reasonToEnd, tokenChooser } from './next-token.js';
import { sampleAnswers } from './sample-answers.js';
import { guesserOf, readAhead } from '../speculation/read-ahead.js';

/** A whole answer. */
export interface GenerationResult {
  /** Ids of the best answer, with the id or sequence that ended it. */
  readonly ids: readonly number[];
  readonly finishReason: FinishReason;
  /** All answers asked for, best first; the first is `ids`. */
  readonly sequences: readonly (readonly number[])[];
  /** With beams or several answers, the score of each: summed log-probability / length^lengthPenalty. */
  readonly scores?: readonly number[];
  /**
   * With beams or several answers, whose ids come all at the end: milliseconds of reading the prompt, and from there to
   * the end of the answers.
   */
  readonly timings?: { readonly promptMs: number; readonly answersMs: number };
  /** With `speculate`, how many ids were guessed, and how many of them were right. */
  readonly guesses?: { readonly made: number; readonly right: number };
}

interface Run {
  readonly model: LanguageModel;
  readonly options: ResolvedOptions;
  readonly random: Random;
  readonly step: ForwardStep;
  /** True when the caller goes on with the cache. */
  readonly keepsCache: boolean;
}

function checkPrompt(model: LanguageModel, prompt: Float32Array): void {
  if (prompt.length > 0 && prompt.length % model.width === 0) return;
  throw new MiniGPT4Error(
    'SHAPE_MISMATCH',
    `generate: bad prompt, expected (tokens, ${model.width}) embeddings of at least one token, got ${prompt.length} numbers. Pass the new positions only, never none.`,
  );
}

async function* generateOne(run: Run, prompt: Float32Array): AsyncGenerator<GeneratedToken, GenerationResult> {
  const { model, options, step } = run;
  const choose = tokenChooser(options, run.random);
  const ids: number[] = [];
  const guesses = guesserOf(model, options);
  const result = (finishReason: FinishReason): GenerationResult => {
    return { ids, finishReason, sequences: [ids], ...(guesses && { guesses: guesses.counts }) };
  };

  for (let next = prompt; ; next = await model.embed(ids.slice(-1))) {
    const guessed = (ids.length > 0 && guesses?.guess(options.maxNewTokens - ids.length - 1)) || [];
    const logits = await readAhead(step, next, guessed);
    if (!logits) return result('abort');
    let right = 0;
    try {
      for (;;) {
        const token = choose(logits[right]!, ids);
        ids.push(token.id);
        guesses?.push(token.id);
        yield token;
        const reason = reasonToEnd(ids, options);
        if (reason !== undefined) return result(reason);
        if (token.id !== guessed[right]) break;
        right++;
      }
    } finally {
      // whoever goes on with the cache, or stops early, finds nothing of wrong guesses in it
      if (right < guessed.length) step.cache.truncate(step.cache.length - guessed.length + right);
    }
  }
}

/** Feeds the best of several answers to the caller's cache, because its rows lie in another one or are gone. */
async function keepAnswer({ keepsCache, model, step }: Run, ids: readonly number[]): Promise<void> {
  if (!keepsCache || ids.length < 2) return;
  await forwardStep({ ...step, signal: undefined }, await model.embed(ids.slice(0, -1)));
}

async function* generateSeveral(run: Run, prompt: Float32Array): AsyncGenerator<GeneratedToken, GenerationResult> {
  const { model, options } = run;
  const timer = stopwatch();
  const logits = await forwardStep(run.step, prompt);
  if (!logits) return nothing;
  timer.promptRead();
  const answers = await sampleAnswers({ model, options, cache: options.cache, logits });
  const sequences = answers.map(({ tokens }) => tokens.map(token => token.id));
  const ids = sequences[0]!;
  const aborted = answers.some(answer => answer.finishReason === 'abort');
  const timings = timer.finished();
  if (!aborted) await keepAnswer(run, ids);
  yield* answers[0]!.tokens;
  const finishReason = aborted ? 'abort' : answers[0]!.finishReason;
  return { ids, finishReason, sequences, scores: answers.map(answer => answer.score), timings };
}

async function* generateBeams(run: Run, prompt: Float32Array): AsyncGenerator<GeneratedToken, GenerationResult> {
  const { options } = run;
  const timer = stopwatch();
  const logits = await forwardStep(run.step, prompt);
  if (!logits) return nothing;
  timer.promptRead();
  const { hypotheses, aborted } = await beamSearch({ ...run, cache: options.cache, logits });
  const best = hypotheses[0]!;
  const timings = timer.finished();
  if (!aborted) await keepAnswer(run, best.ids);
  for (const id of best.ids) yield { id };
  return {
    ids: best.ids,
    finishReason: aborted ? 'abort' : best.complete ? 'stop' : 'length',
    sequences: hypotheses.map(hypothesis => hypothesis.ids),
    scores: hypotheses.map(hypothesis => hypothesis.score),
    timings,
  };
}

/** What comes of beams or several answers when the signal is there before the prompt is read. */
const nothing: GenerationResult = { ids: [], finishReason: 'abort', sequences: [[]], scores: [0] };

function stopwatch() {
  const started = performance.now();
  let promptMs = 0;
  return {
    promptRead: () => void (promptMs = performance.now() - started),
    finished: () => ({ promptMs, answersMs: performance.now() - started - promptMs }),
  };
}

/**
 * Answers a prompt id by id: yields every id as it is chosen (with beams or several answers, the ids of the best at the
 * end) and returns the whole.
 *
 * `prompt` holds the embeddings (tokens, width) of the new positions only. The answer attends to what `options.cache`
 * held before as well. Afterwards the cache holds: its earlier positions, the prompt, and the generated ids except the
 * last one, which no step has read; a turn that goes on feeds that id, or what replaces it, first. Two exceptions: an
 * abort before the first id leaves the cache as it was, and an abort of beams or several answers leaves it at the prompt.
 *
 * An abort is no error: the ids so far are returned with finishReason 'abort'. It is looked for between steps and
 * handed to the model. A consumer that stops early (`break`) leaves the cache as described, for the ids it has seen.
 *
 * @throws `INVALID_OPTION`, `SHAPE_MISMATCH` for a prompt of a wrong size, `LOGITS_NOT_FINITE` from a broken model,
 * all on the first `next()`; an error of the model itself passes through, and the cache is as before that step.
 */
export async function* generate(
  model: LanguageModel,
  prompt: Float32Array,
  options: GenerationOptions = {},
): AsyncGenerator<GeneratedToken, GenerationResult> {
  checkPrompt(model, prompt);
  const resolved = resolveOptions(options, model);
  const step = { model, cache: resolved.cache, signal: resolved.signal };
  const run: Run = {
    model,
    options: resolved,
    random: random(resolved.seed),
    step,
    keepsCache: options.cache !== undefined,
  };
  if (resolved.beams > 1) return yield* generateBeams(run, prompt);
  return yield* resolved.returnSequences > 1 ? generateSeveral(run, prompt) : generateOne(run, prompt);
}
