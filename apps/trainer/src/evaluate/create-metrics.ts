import type { Tokenizer } from '@minigpt4/llm-vicuna';
import type { CaptionScorer, MiniGPT4Config } from 'minigpt4';
import { textTargets } from '../data/text-targets.js';
import { captionLossMetric, type ScoreCaptions, scoreByLength, type ToCaptionIds } from './metrics/caption-loss.js';
import { captionsMetric } from './metrics/captions.js';
import { type Metric, Tally } from './metrics/metric.js';
import { categoryMetric, namedMetric } from './metrics/naming.js';
import { popeMetric } from './metrics/pope.js';
import { retrievalMetric } from './metrics/retrieval.js';
import { styleMetric } from './metrics/style.js';
import type { SetSurvey } from './set-survey.js';
import type { EvaluationSettings, MetricName } from './evaluation-settings.js';

/** What metrics are made of. */
export interface MetricParts {
  readonly settings: EvaluationSettings;
  readonly config: MiniGPT4Config;
  readonly tokenizer: Tokenizer;
  readonly survey: SetSurvey;
  /** Needed by the metrics of {@link needsScorer}. */
  readonly scorer: Pick<CaptionScorer, 'score'> | undefined;
  /** Captions that are scored in one run. */
  readonly rows: number;
  readonly signal?: AbortSignal;
}

/** Whether one of the metrics asks how likely captions are. */
export function needsScorer(metrics: readonly MetricName[]): boolean {
  return metrics.some(name => name === 'captionLoss' || name === 'retrieval');
}

/** Whether one of the metrics draws from the whole set. */
export function needsSurvey(metrics: readonly MetricName[]): boolean {
  return metrics.some(name => name === 'retrieval' || name === 'pope' || name === 'style');
}

/** The metrics that the settings ask for, ready to measure. */
export function createMetrics({ settings, survey, scorer, rows, signal, ...model }: MetricParts): Tally[] {
  const toIds = captionIds(settings, model);
  const score: ScoreCaptions =
    scorer === undefined ? async () => [] : scoreByLength(scorer, { rows, ...(signal && { signal }) });
  const makers: Readonly<Record<MetricName, () => Metric<unknown>>> = {
    named: () => namedMetric(settings),
    category: () => categoryMetric(settings),
    captionLoss: () => captionLossMetric(toIds, score),
    retrieval: () => retrievalMetric({ settings, survey, toIds, score }),
    captions: () => captionsMetric(settings),
    pope: () => popeMetric(settings, survey),
    style: () => styleMetric(settings, survey),
  };
  return settings.metrics.map(name => new Tally(makers[name]()));
}

/** Captions as stage 1 learns them, ended by the model's end symbol. */
function captionIds(
  { caption, maxTextLength }: EvaluationSettings,
  { config, tokenizer }: Pick<MetricParts, 'config' | 'tokenizer'>,
): ToCaptionIds {
  const { endSymbol, maxTextLength: limits } = config;
  const toTarget = textTargets(
    tokenizer,
    { template: { prompt: '', endSymbol }, maxTextLength: maxTextLength ?? limits.stage1 },
    { caption, maxWords: 50 },
  );
  return text => {
    const { ids, isEmpty } = toTarget(text);
    return isEmpty ? undefined : ids;
  };
}
