/** What one sample adds to a figure: the figure is the sum of all values over the sum of all weights. */
export interface Observation {
  readonly value: number;
  /** 1 for a yes or no; the number of tokens for a loss; 0 where the sample says nothing. */
  readonly weight: number;
}

/** A figure and how far another set of as many samples would throw it. */
export interface Estimate {
  /** Null where no sample says anything. */
  readonly value: number | null;
  /** Standard error of the value; null with fewer than two samples. */
  readonly standardError: number | null;
}

/** A yes or no as an observation. */
export function yesOrNo(yes: boolean): Observation {
  return { value: Number(yes), weight: 1 };
}

/** A sample that says nothing about a figure. */
export const silent: Observation = { value: 0, weight: 0 };

interface Residuals {
  readonly value: number;
  /** How much each sample pulls the figure away from its value. */
  readonly pulls: readonly number[];
}

function residualsOf(observations: readonly Observation[]): Residuals | undefined {
  let [sum, weights] = [0, 0];
  for (const { value, weight } of observations) {
    sum += value;
    weights += weight;
  }
  if (weights === 0) return undefined;
  const ratio = sum / weights;
  return { value: ratio, pulls: observations.map(({ value, weight }) => (value - ratio * weight) / weights) };
}

function errorOf(pulls: readonly number[]): number | null {
  if (pulls.length < 2) return null;
  return Math.sqrt((pulls.length / (pulls.length - 1)) * pulls.reduce((sum, pull) => sum + pull * pull, 0));
}

/** The ratio of sums of observations, with the usual linearised standard error (Cochran, "Sampling Techniques", section 6.3). */
export function estimate(observations: readonly Observation[]): Estimate {
  const heard = residualsOf(observations.filter(({ weight }) => weight > 0));
  if (!heard) return { value: null, standardError: null };
  return { value: heard.value, standardError: errorOf(heard.pulls) };
}

/**
 * Standard error of the difference of two figures over the same samples in the same order: what moves both figures
 * alike drops out. Null where a figure has no value or there are fewer than two samples.
 */
export function pairedError(one: readonly Observation[], other: readonly Observation[]): number | null {
  const [a, b] = [residualsOf(one), residualsOf(other)];
  if (!a || !b) return null;
  return errorOf(a.pulls.map((pull, i) => pull - b.pulls[i]!));
}
