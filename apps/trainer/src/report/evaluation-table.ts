import { basename } from 'node:path';
import { type Evaluation, flatFigures } from '../evaluate/evaluation.js';
import { figureText } from '../evaluate/output/evaluation-text.js';
import { type Html, html } from './html.js';
import type { RunRecord } from './read-run.js';

interface Column {
  readonly head: Html;
  readonly evaluation: Evaluation;
  readonly figures: ReadonlyMap<string, number | null>;
}

/** The evaluations found beside the runs, one a column. */
export function evaluationsSection(runs: readonly RunRecord[]): Html | undefined {
  const columns = runs.flatMap(run =>
    run.evaluations.map(({ file, evaluation }): Column => {
      const data = evaluation.data.map(({ path }) => basename(path)).join(', ');
      const projection = html`<span class="digest" title="projection ${evaluation.projection.sha256}">${evaluation.projection.sha256.slice(0, 8)}</span>`;
      const head = html`${runs.length > 1 && html`${run.name}<br>`}<span title="${file}">${data}</span><br>${projection}${evaluation.partial && ', partial'}`;
      return { head, evaluation, figures: flatFigures(evaluation) };
    }),
  );
  if (columns.length === 0) return undefined;
  const names = [...new Set(columns.flatMap(({ figures }) => [...figures.keys()]))];
  return html`<section><h2>Evaluation</h2><div class="scroll"><table class="numbers">
<thead><tr><th>figure</th>${columns.map(({ head }) => html`<th>${head}</th>`)}</tr></thead>
<tbody><tr><td>pictures</td>${columns.map(({ evaluation }) => html`<td>${evaluation.n}</td>`)}</tr>
${names.map(name => html`<tr><td>${name}</td>${columns.map(column => figureCell(name, column))}</tr>`)}</tbody>
</table></div></section>`;
}

function figureCell(name: string, { evaluation, figures }: Column): Html {
  const value = figures.get(name);
  if (value === undefined) return html`<td></td>`;
  const error = evaluation.standardErrors[name];
  return html`<td>${figureText(value)}${error !== undefined && html` <span class="error">± ${error.toFixed(4)}</span>`}</td>`;
}
