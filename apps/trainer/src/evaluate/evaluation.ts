import type { SkipCounts } from '../data/picture-skips.js';
import type { ModelDigests } from '../model/model-digests.js';
import type { DataDigest } from '../run/data-digests.js';
import type { Machine } from '../run/describe-machine.js';
import { estimate, type Observation } from './observation.js';
import type { MetricSummary } from './metrics/metric.js';
import { metricNames, type EvaluationSettings, type MetricName } from './evaluation-settings.js';

/** A figure, or the figures of a metric that has several. Null where no sample says anything. */
export type Figure = number | null | Readonly<Record<string, number | null>>;

/** What was said and found about one sample. */
export interface EvaluatedSample {
  readonly key: string;
  readonly label?: string;
  /** Answers by question. */
  readonly answers: Readonly<Record<string, string>>;
  /** By figure: value and weight, see `Observation`. */
  readonly observations: Readonly<Record<string, readonly [number, number]>>;
}

/** An evaluation as it is printed; figures stand under the names of their metrics. */
export interface Evaluation extends Partial<Readonly<Record<MetricName, Figure>>> {
  /** Samples that count. */
  readonly n: number;
  /** Whether it was stopped before the end. */
  readonly partial: boolean;
  /** Standard errors by figure, `retrieval.meanRank` for one of several. */
  readonly standardErrors: Readonly<Record<string, number>>;
  /** The frozen parts; `digest` is a sha256 over both of theirs. */
  readonly model: { readonly name: string; readonly digest: string } & ModelDigests;
  readonly projection: { readonly path: string; readonly sha256: string };
  readonly data: readonly DataDigest[];
  readonly skipped: SkipCounts;
  readonly settings: EvaluationSettings;
  readonly timings: {
    /** Seconds until the first picture. */
    readonly loadSeconds: number;
    readonly seconds: number;
    /** Seconds spent on each metric, answers that several use on the first of them; `pictures` for encoding. */
    readonly secondsOf: Readonly<Record<string, number>>;
    readonly picturesPerSecond: number;
  };
  readonly machine: Machine & { readonly node: string; readonly threads: number | null; readonly batch: number };
  readonly createdAt: string;
  /** One by one; left out of what is printed. */
  readonly samples?: readonly EvaluatedSample[];
}

/** Figures and their standard errors from what the metrics saw. */
export function figuresFrom(
  summaries: readonly (readonly [MetricName, MetricSummary])[],
): Pick<Evaluation, MetricName | 'standardErrors'> {
  const figures: Partial<Record<MetricName, Figure>> = {};
  const standardErrors: Record<string, number> = {};
  for (const [metric, { observations, others = {} }] of summaries) {
    const values: Record<string, number | null> = {};
    for (const [name, list] of Object.entries(observations)) {
      const { value, standardError } = estimate(list);
      values[name] = value;
      if (standardError !== null) standardErrors[figureName(metric, name)] = standardError;
    }
    figures[metric] = '' in values ? values['']! : { ...values, ...others };
  }
  return { ...figures, standardErrors };
}

/** The name of a figure across metrics: `named`, `retrieval.meanRank`. */
export function figureName(metric: MetricName, name: string): string {
  return name === '' ? metric : `${metric}.${name}`;
}

/** All figures of an evaluation by their full names, in the order of the metrics. */
export function flatFigures(evaluation: Evaluation): Map<string, number | null> {
  const flat = new Map<string, number | null>();
  for (const metric of metricNames) {
    const figure = evaluation[metric];
    if (figure === undefined) continue;
    if (figure === null || typeof figure === 'number') flat.set(metric, figure);
    else for (const [name, value] of Object.entries(figure)) flat.set(figureName(metric, name), value);
  }
  return flat;
}

/** Each figure's observation of one sample, as it goes into a file. */
export function observationsOf(
  summaries: readonly (readonly [MetricName, MetricSummary])[],
  index: number,
): Record<string, readonly [number, number]> {
  const all = summaries.flatMap(([metric, { observations }]) =>
    Object.entries(observations).map(([name, list]): [string, Observation] => [figureName(metric, name), list[index]!]),
  );
  return Object.fromEntries(all.map(([name, { value, weight }]) => [name, [value, weight]]));
}
