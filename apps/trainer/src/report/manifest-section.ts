import { flattened } from '../config/resolve-config.js';
import { type Html, html, type HtmlValue } from './html.js';
import type { RunRecord } from './read-run.js';

/** What is most likely wrong with a run, where something is. */
export function alarmsSection(runs: readonly RunRecord[]): Html | undefined {
  const raised = runs.flatMap(({ name, manifest, warnings }) => [
    ...manifest.alarms.map(
      ({ code, step, message }) =>
        html`<li><b>${code}</b> ${runs.length > 1 && `${name}, `}step ${step}: ${message}</li>`,
    ),
    ...warnings.map(warning => html`<li>${warning}</li>`),
  ]);
  return raised.length === 0 ? undefined : html`<section class="alarms"><h2>Alarms</h2><ul>${raised}</ul></section>`;
}

/** The manifest of each run: everything needed to do it again. */
export function manifestSection(runs: readonly RunRecord[]): Html {
  return html`<section><h2>Manifest</h2>${runs.map(manifestOf)}</section>`;
}

function manifestOf({ name, manifest }: RunRecord): Html {
  const { config, data, validation, model, backend, versions, machine, skipped } = manifest;
  const files = [
    ...data.map(file => ({ ...file, use: 'training' })),
    ...validation.map(file => ({ ...file, use: 'validation' })),
  ];
  return html`<details class="manifest"><summary>${name}: settings, data, model, machine</summary>
<div class="columns">
${table(
  'Settings',
  Object.entries(flattened(config)).map(([key, value]): Row => [key, textOf(value)]),
)}
<div>${table('Model', [
    ['name', model.name],
    ['encoder', digest(model.encoder)],
    ['language model', digest(model.languageModel)],
    ['backend', `${backend.name}, ${backend.threads} threads, language model ${backend.languageWeights}`],
    ...Object.entries(versions),
  ])}
${table(
  'Machine',
  Object.entries(machine).map(
    ([key, value]): Row => [key, key === 'memory' ? `${(Number(value) / 2 ** 30).toFixed(1)} GiB` : textOf(value)],
  ),
)}
${table('Times', [
  ['started', manifest.started],
  ['updated', manifest.updated],
  ['samples left out', skipped.total],
])}</div>
</div>
${table(
  'Data',
  files.map(
    ({ path, use, bytes, sha256 }): Row => [
      path,
      html`${use}, ${bytes === null ? 'size unknown' : `${bytes.toLocaleString('en-US')} bytes`}${sha256 !== null && html`, ${digest(sha256)}`}`,
    ],
  ),
)}
</details>`;
}

type Row = readonly [string, HtmlValue];

function table(title: string, rows: readonly Row[]): Html {
  return html`<div class="scroll"><h3>${title}</h3><table>${rows.map(([key, value]) => html`<tr><th scope="row">${key}</th><td>${value}</td></tr>`)}</table></div>`;
}

function digest(sha256: string): Html {
  return html`<span class="digest" title="${sha256}">${sha256.slice(0, 16)}</span>`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
