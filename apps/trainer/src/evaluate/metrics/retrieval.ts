import { random } from '@minigpt4/core';
import type { CaptionScore } from 'minigpt4';
import { type Observation, silent, yesOrNo } from '../observation.js';
import type { SetSurvey } from '../set-survey.js';
import type { EvaluationSettings } from '../evaluation-settings.js';
import type { Metric } from './metric.js';
import type { ScoreCaptions, ToCaptionIds } from './caption-loss.js';

/** The true caption's place among all candidates of one picture, from 1; undefined without a caption. */
export type Rank = number | undefined;

/** What the retrieval metric draws from and scores with. */
export interface RetrievalParts {
  readonly settings: Pick<EvaluationSettings, 'retrieval' | 'seed'>;
  readonly survey: Pick<SetSurvey, 'captions'>;
  readonly toIds: ToCaptionIds;
  readonly score: ScoreCaptions;
}

/** Where the true caption stands among captions of other pictures when they are sorted by their log-likelihood. */
export function retrievalMetric({ settings, survey, toIds, score }: RetrievalParts): Metric<Rank> {
  const { candidates, score: by } = settings.retrieval;
  const texts = survey.captions.map(caption => toIds(caption)).filter(ids => ids !== undefined);
  const figure = ({ logLikelihood, tokens }: CaptionScore) => (by === 'sum' ? logLikelihood : logLikelihood / tokens);

  return {
    name: 'retrieval',
    async measure({ samples, pictures }) {
      const rows = samples.map(({ sample, position }) => {
        const own = toIds(sample.caption);
        return own === undefined ? [] : [own, ...drawOthers(texts, own, candidates - 1, settings.seed + position)];
      });
      const scores = await score(rows.flatMap((row, i) => row.map(ids => ({ image: pictures.images[i]!, ids }))));
      const figures = scores.map(figure);
      return rows.map(row => rankOfFirst(figures.splice(0, row.length)));
    },
    summarize: ranks => {
      const ratio = (of: (rank: number) => Observation) => ranks.map(rank => (rank === undefined ? silent : of(rank)));
      return {
        observations: {
          recallAt1: ratio(rank => yesOrNo(rank <= 1)),
          recallAt5: ratio(rank => yesOrNo(rank <= 5)),
          meanRank: ratio(rank => ({ value: rank, weight: 1 })),
        },
        others: { candidates: Math.min(candidates, new Set(texts.map(ids => ids.join())).size) },
      };
    },
  };
}

/** Different captions of other pictures, fewer where there are not as many; the same ones whatever else is measured. */
function drawOthers(
  texts: readonly (readonly number[])[],
  own: readonly number[],
  count: number,
  seed: number,
): (readonly number[])[] {
  const drawn = new Map([[own.join(), own]]);
  for (const index of random(seed).permutation(texts.length)) {
    if (drawn.size > count) break;
    const text = texts[index]!;
    if (!drawn.has(text.join())) drawn.set(text.join(), text);
  }
  return [...drawn.values()].slice(1);
}

/** Place of the first figure, 1 for the largest; equal ones share their places, so that a blind model gains nothing. */
export function rankOfFirst(figures: readonly number[]): Rank {
  const [own, ...others] = figures;
  if (own === undefined) return undefined;
  const better = others.filter(other => other > own).length;
  const equal = others.filter(other => other === own).length;
  return 1 + better + equal / 2;
}
