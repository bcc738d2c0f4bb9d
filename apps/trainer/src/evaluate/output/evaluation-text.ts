import type { Comparison } from '../compare-evaluations.js';
import { type Evaluation, flatFigures } from '../evaluation.js';
import { textTable } from './text-table.js';

/** A figure as people read it. */
export function figureText(value: number | null): string {
  if (value === null) return '-';
  return Number.isInteger(value) && Math.abs(value) >= 2 ? String(value) : value.toFixed(4);
}

/** An evaluation as a table for people. */
export function evaluationText(evaluation: Evaluation): string {
  const { n, partial, model, projection, standardErrors, skipped, timings } = evaluation;
  const rows = [...flatFigures(evaluation)].map(([figure, value]) => {
    const error = standardErrors[figure];
    return [figure, figureText(value), error === undefined ? '' : `± ${error.toFixed(4)}`];
  });
  return [
    `${model.name} (${model.digest.slice(0, 12)}), projection ${projection.path} (${projection.sha256.slice(0, 12)})`,
    `${n} pictures in ${timings.seconds.toFixed(1)} s${partial ? ', stopped before the end' : ''}${skipped.total > 0 ? `, ${skipped.total} left out` : ''}`,
    '',
    textTable([['figure', 'value', 'standard error'], ...rows]),
    '',
  ].join('\n');
}

/** Two evaluations side by side for people. */
export function comparisonText({ figures, warnings }: Comparison, names: readonly [string, string]): string {
  const signed = (value: number) => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`;
  const rows = figures.map(({ figure, one, other, difference, standardError, clear }) => [
    figure,
    figureText(one),
    figureText(other),
    signed(difference),
    standardError === null ? '' : `± ${standardError.toFixed(4)}`,
    standardError === null ? '' : clear ? 'clear' : 'within error',
  ]);
  const paired = figures.some(figure => figure.paired) ? ['Errors are of the difference on the same pictures.'] : [];
  return [
    textTable([['figure', ...names, 'difference', 'standard error', ''], ...rows]),
    '',
    ...paired,
    ...warnings.map(warning => `Beware: ${warning}.`),
    '',
  ].join('\n');
}
