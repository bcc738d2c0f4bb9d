import type { EvaluationBatch } from '../evaluation-batch.js';
import type { Observation } from '../observation.js';
import type { MetricName } from '../evaluation-settings.js';

/** Figures of one metric over all samples so far. */
export interface MetricSummary {
  /**
   * Figures that are ratios of sums over the samples, by name; the name is empty for a metric that is one figure. One
   * observation for each sample, in their order.
   */
  readonly observations: Readonly<Record<string, readonly Observation[]>>;
  /** Figures that are no such ratios, such as F1. Defaults to none. */
  readonly others?: Readonly<Record<string, number | null>>;
}

/** A way to measure: looks at batches of samples and sums up what it saw. */
export interface Metric<Outcome> {
  readonly name: MetricName;
  /** What is to be remembered of each sample of a batch, in their order. */
  measure(batch: EvaluationBatch): Promise<readonly Outcome[]>;
  summarize(outcomes: readonly Outcome[]): MetricSummary;
}

/** A metric at work. What it measures counts once it is kept, so that a batch counts for all metrics or none. */
export class Tally {
  /** Milliseconds spent measuring. */
  milliseconds = 0;
  readonly #kept: unknown[] = [];
  #fresh: readonly unknown[] = [];

  constructor(private readonly metric: Metric<unknown>) {}

  get name(): MetricName {
    return this.metric.name;
  }

  async measure(batch: EvaluationBatch): Promise<void> {
    const started = performance.now();
    this.#fresh = await this.metric.measure(batch);
    this.milliseconds += performance.now() - started;
  }

  keep(): void {
    this.#kept.push(...this.#fresh);
    this.#fresh = [];
  }

  summarize(): MetricSummary {
    return this.metric.summarize(this.#kept);
  }
}
