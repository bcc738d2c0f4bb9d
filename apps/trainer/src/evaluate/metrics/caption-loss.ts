import type { CaptionScore, CaptionScorer, ScoredCaption } from 'minigpt4';
import { type Observation, silent } from '../observation.js';
import type { Metric } from './metric.js';

/** The ids of a caption as they are scored; undefined for a caption without words. */
export type ToCaptionIds = (caption: string) => readonly number[] | undefined;

/** Scores many captions in runs of about one size, equally long ones together. */
export type ScoreCaptions = (captions: readonly ScoredCaption[]) => Promise<CaptionScore[]>;

/** {@link ScoreCaptions} by a scorer, at most `rows` captions a run. */
export function scoreByLength(
  scorer: Pick<CaptionScorer, 'score'>,
  { rows, signal }: { readonly rows: number; readonly signal?: AbortSignal },
): ScoreCaptions {
  return async captions => {
    const order = [...captions.keys()].toSorted((a, b) => captions[a]!.ids.length - captions[b]!.ids.length);
    const scores: CaptionScore[] = [];
    for (let start = 0; start < order.length; start += rows) {
      // the engine blocks while it runs: let signals and timers in between
      await new Promise(resolve => setImmediate(resolve));
      signal?.throwIfAborted();
      const run = order.slice(start, start + rows);
      const found = await scorer.score(run.map(index => captions[index]!));
      run.forEach((index, i) => (scores[index] = found[i]!));
    }
    return scores;
  };
}

/** Mean cross-entropy of the true captions' tokens in stage 1's layout: a natural logarithm, each token alike. */
export function captionLossMetric(toIds: ToCaptionIds, score: ScoreCaptions): Metric<Observation> {
  return {
    name: 'captionLoss',
    async measure({ samples, pictures }) {
      const ids = samples.map(({ sample }) => toIds(sample.caption));
      const worded = [...ids.keys()].filter(i => ids[i] !== undefined);
      const scores = await score(worded.map(i => ({ image: pictures.images[i]!, ids: ids[i]! })));
      const observations = samples.map(() => silent);
      worded.forEach((i, row) => {
        observations[i] = { value: -scores[row]!.logLikelihood, weight: scores[row]!.tokens };
      });
      return observations;
    },
    summarize: outcomes => ({ observations: { '': outcomes } }),
  };
}
