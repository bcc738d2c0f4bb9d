import { type Html, html } from './html.js';
import { lineChart, type Series } from './chart/line-chart.js';
import type { CurveName, RunRecord } from './read-run.js';
import { smoothed } from './chart/smooth.js';

interface Plotted {
  readonly curve: CurveName;
  readonly title: string;
  readonly unit?: string;
  readonly logarithmic?: boolean;
  /** Whether the curve is noisy: it is then shown faint with its moving average. */
  readonly noisy?: boolean;
}

const plotted: readonly Plotted[] = [
  { curve: 'lr', title: 'Learning rate' },
  { curve: 'gradientNorm', title: 'Gradient norm', logarithmic: true, noisy: true },
  { curve: 'tokensPerSecond', title: 'Throughput', unit: 'tokens / s', noisy: true },
  { curve: 'dataWaitMs', title: 'Waiting for data', unit: 'ms / step' },
];

/** The curves of one or two runs. */
export function curvesSection(runs: readonly RunRecord[]): Html {
  const loss = runs.flatMap((run, i) => [
    ...noisySeries(run, { curve: 'loss', label: 'loss', colour: colourOf(i), runs: runs.length }),
    series(run, { curve: 'validationLoss', label: 'validation', colour: colourOf(i), runs: runs.length }),
  ]);
  return html`<section><h2>Curves</h2><div class="charts">
${lineChart({ title: 'Loss', unit: 'nats / token', series: loss, wide: true })}
${plotted.map(({ curve, noisy = false, ...chart }) => {
  const of = (i: number): Named => ({
    curve,
    label: chart.title.toLowerCase(),
    colour: colourOf(i),
    runs: runs.length,
  });
  return lineChart({
    ...chart,
    series: runs.flatMap((run, i) => (noisy ? noisySeries(run, of(i)) : [series(run, of(i))])),
  });
})}
</div></section>`;
}

interface Named {
  readonly curve: CurveName;
  readonly label: string;
  readonly colour: 0 | 1;
  /** Number of runs in the chart. */
  readonly runs: number;
}

function colourOf(index: number): 0 | 1 {
  return index === 0 ? 0 : 1;
}

function series(run: RunRecord, { curve, label, colour, runs }: Named): Series {
  const isValidation = curve === 'validationLoss';
  // beside another run it is the run that tells curves apart
  const name = runs === 1 ? label : `${run.name}${isValidation ? ', validation' : ''}`;
  return { name, points: run.curves[curve], style: isValidation ? 'marked' : 'plain', colour };
}

/** A noisy curve faintly, and its moving average over a thirtieth of it. */
function noisySeries(run: RunRecord, named: Named): Series[] {
  const raw = series(run, named);
  const window = Math.round(raw.points.length / 30);
  if (window < 2) return [raw];
  const average = { ...raw, name: `${raw.name}, smoothed`, points: smoothed(raw.points, window) };
  return [{ ...raw, style: 'faint' }, average];
}
