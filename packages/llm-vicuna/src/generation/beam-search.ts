import type { Random } from '@minigpt4/core';
import { BeamHypotheses, type Hypothesis } from './beam-hypotheses.js';
import { branchesOf, type Branches } from '../batching/branches.js';
import type { ResolvedOptions } from './generation-options.js';
import type { KVCache } from '../kv-cache.js';
import type { LanguageModel } from '../language-model.js';
import { drawSeveral, type LogitsProcessor, logitsProcessors } from './sampling.js';
import { largestIndices, logSoftmax } from './scores.js';
import { endsWithSequence } from './stop.js';

/** A search's answers, best first. */
export interface BeamSearchResult {
  readonly hypotheses: readonly Hypothesis[];
  /** True when the signal ended the search. */
  readonly aborted: boolean;
}

/** What a beam search starts from. */
export interface BeamSearchStart {
  readonly model: LanguageModel;
  /** Cache of batch 1 that holds the prompt; comes back as it was. */
  readonly cache: KVCache;
  /** Scores of the first id, (1, vocabulary). */
  readonly logits: Float32Array;
  readonly options: ResolvedOptions;
  readonly random: Random;
}

interface Beam {
  readonly ids: readonly number[];
  /** Sum of the processed log-probabilities. */
  readonly score: number;
}

interface Candidate {
  readonly parent: number;
  readonly id: number;
  readonly score: number;
}

/** Only the first of the equal beams of the start counts, or all would choose the same ids. */
const unused = -1e9;

/** Scores of every continuation of every beam, (beams, vocabulary): log-softmax, processed, plus the beam's own. */
function scoreContinuations(
  logits: Float32Array,
  beams: readonly Beam[],
  processors: readonly LogitsProcessor[],
): Float32Array {
  const vocabulary = logits.length / beams.length;
  const all = new Float32Array(logits.length);
  beams.forEach((beam, i) => {
    const scores = logSoftmax(logits.subarray(i * vocabulary, (i + 1) * vocabulary));
    for (const process of processors) process(scores, beam.ids);
    for (let id = 0; id < vocabulary; id++) all[i * vocabulary + id] = scores[id]! + beam.score;
  });
  return all;
}

function chooseCandidates(scores: Float32Array, { options, random }: BeamSearchStart): Candidate[] {
  const { beams, eosIds, stopSequences, temperature } = options;
  // each way to end can take one candidate of a beam, and one must remain that goes on
  const count = beams * Math.max(2, 1 + eosIds.length + stopSequences.length);
  const chosen = temperature > 0 ? drawSeveral(scores, count, random) : largestIndices(scores, count);
  const vocabulary = scores.length / beams;
  return chosen
    .sort((a, b) => scores[b]! - scores[a]!)
    .map(index => ({ parent: Math.floor(index / vocabulary), id: index % vocabulary, score: scores[index]! }));
}

interface Step {
  readonly beams: readonly Beam[];
  readonly parents: readonly number[];
  readonly done: boolean;
}

/** Sorts the candidates into finished answers and the beams of the next step. */
function takeStep(
  candidates: readonly Candidate[],
  beams: readonly Beam[],
  finished: BeamHypotheses,
  options: ResolvedOptions,
): Step {
  const next: Beam[] = [];
  const parents: number[] = [];
  for (const [rank, { parent, id, score }] of candidates.entries()) {
    const ids = [...beams[parent]!.ids, id];
    if (options.eosIds.includes(id) || endsWithSequence(ids, options.stopSequences)) {
      // an end outside the best is no answer: a better one goes on
      if (rank < options.beams) finished.add(ids, score, true);
      continue;
    }
    next.push({ ids, score });
    parents.push(parent);
    if (next.length === options.beams) break;
  }
  const length = beams[0]!.ids.length + 1;
  // a vocabulary with few ids besides the ends can leave a beam without a continuation
  const done = next.length < options.beams || finished.isDone(candidates[0]!.score, length);
  return { beams: next, parents, done };
}

/**
 * Beam search, or beam sampling above temperature 0, as transformers 4.46's `BeamSearchScorer` does it: processors act
 * on log-softmax scores, an end counts only among the best `beams` candidates, a finished answer's score is its summed
 * log-probability over length^lengthPenalty, and beams still running at the end compete by the same rule.
 *
 * Stop sequences end an answer like an end-of-sequence id (there, they end the whole search or nothing). The id that
 * ended an answer stays in it. Beams share the prompt's rows where the model can do that.
 */
export async function beamSearch(start: BeamSearchStart): Promise<BeamSearchResult> {
  const { model, cache, options } = start;
  const branches = branchesOf({ model, cache, count: options.beams, signal: options.signal });
  try {
    return await search(start, branches);
  } finally {
    branches.close();
  }
}

async function search(start: BeamSearchStart, branches: Branches): Promise<BeamSearchResult> {
  const { options } = start;
  const processors = logitsProcessors(options);
  const finished = new BeamHypotheses(options);
  const vocabulary = start.logits.length;
  let logits: Float32Array | undefined = new Float32Array(vocabulary * options.beams);
  let beams: readonly Beam[] = Array.from({ length: options.beams }, (_, i) => ({ ids: [], score: i ? unused : 0 }));
  for (let i = 0; i < options.beams; i++) logits.set(start.logits, i * vocabulary);

  let done = false;
  for (;;) {
    const candidates = chooseCandidates(scoreContinuations(logits, beams, processors), start);
    const step = takeStep(candidates, beams, finished, options);
    beams = step.beams;
    done = step.done;
    if (done || beams[0]!.ids.length >= options.maxNewTokens) break;
    const embeddings = await start.model.embed(beams.map(beam => beam.ids.at(-1)!));
    logits = await branches.grow(step.parents, embeddings);
    if (!logits) break;
  }
  if (!done || beams.length < options.beams) for (const { ids, score } of beams) finished.add(ids, score, false);
  return { hypotheses: finished.best(options.returnSequences), aborted: !logits };
}
