import { type EvaluatedSample, type Evaluation, flatFigures } from './evaluation.js';
import { type Observation, pairedError } from './observation.js';

/** One figure of two evaluations. */
export interface FigureDifference {
  /** Full name, such as `retrieval.meanRank`. */
  readonly figure: string;
  readonly one: number;
  readonly other: number;
  /** `one` − `other`. */
  readonly difference: number;
  /** Standard error of the difference; null where no sampling error is known. */
  readonly standardError: number | null;
  /** Whether the errors are of the same samples, so that what is hard for both drops out. */
  readonly paired: boolean;
  /** Whether the difference is more than twice its error: with equal models, one in twenty would be. */
  readonly clear: boolean;
}

/** Two evaluations side by side. */
export interface Comparison {
  readonly figures: readonly FigureDifference[];
  /** Why the figures may not be comparable, a sentence each. */
  readonly warnings: readonly string[];
}

/** What differs between two evaluations, and whether it is more than chance. */
export function compareEvaluations(one: Evaluation, other: Evaluation): Comparison {
  const [a, b] = [flatFigures(one), flatFigures(other)];
  const shared = sharedSamples(one, other);
  const figures = [...a].flatMap(([figure, value]) => {
    const against = b.get(figure);
    if (value === null || against === undefined || against === null) return [];
    const together = shared === undefined ? null : errorOfPairs(shared, figure);
    const errors = [one, other].map(({ standardErrors }) => standardErrors[figure]);
    const apart = errors.some(error => error === undefined) ? null : Math.hypot(...(errors as number[]));
    const standardError = together ?? apart;
    const difference = value - against;
    const clear = standardError !== null && Math.abs(difference) > 2 * standardError;
    return [{ figure, one: value, other: against, difference, standardError, paired: together !== null, clear }];
  });
  return { figures, warnings: warningsOf(one, other, shared !== undefined) };
}

type Pair = readonly [EvaluatedSample, EvaluatedSample];

/** The samples of both, if they are the very same ones: only then do whole figures and pairs belong together. */
function sharedSamples(one: Evaluation, other: Evaluation): readonly Pair[] | undefined {
  if (!one.samples || !other.samples || one.samples.length !== other.samples.length) return undefined;
  const byKey = new Map(other.samples.map(sample => [sample.key, sample]));
  const pairs = one.samples.flatMap((sample): Pair[] => {
    const partner = byKey.get(sample.key);
    return partner ? [[sample, partner]] : [];
  });
  return pairs.length === one.samples.length ? pairs : undefined;
}

function errorOfPairs(pairs: readonly Pair[], figure: string): number | null {
  const observed = (sample: EvaluatedSample): Observation | undefined => {
    const found = sample.observations[figure];
    return found && { value: found[0], weight: found[1] };
  };
  const sides = [0, 1].map(side => pairs.map(pair => observed(pair[side]!)).filter(found => found !== undefined));
  if (sides.some(side => side.length !== pairs.length)) return null;
  return pairedError(sides[0]!, sides[1]!);
}

function warningsOf(one: Evaluation, other: Evaluation, samePictures: boolean): string[] {
  const digests = ({ data }: Evaluation) => data.map(({ sha256, path }) => sha256 ?? path).join();
  const { limit: _one, metrics: _first, ...settings } = one.settings;
  const { limit: _other, metrics: _second, ...others } = other.settings;
  const entries: [boolean, string][] = [
    [digests(one) !== digests(other), 'the data differ'],
    [one.n !== other.n, `the numbers of samples differ: ${one.n} and ${other.n}`],
    [JSON.stringify(settings) !== JSON.stringify(others), 'the questions or rules differ'],
    [one.partial || other.partial, 'an evaluation was stopped before its end'],
    [
      !samePictures && (!one.samples || !other.samples),
      'single answers are not in both files (evaluate --output keeps them): errors are as of different pictures',
    ],
  ];
  return entries.filter(([holds]) => holds).map(([, warning]) => warning);
}
