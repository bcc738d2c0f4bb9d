import { answersSection } from './answer-grid.js';
import { curvesSection } from './curves.js';
import { evaluationsSection } from './evaluation-table.js';
import { type Html, html } from './html.js';
import { alarmsSection, manifestSection } from './manifest-section.js';
import { page } from './page.js';
import type { RunRecord } from './read-run.js';

/** A run, or two side by side, as one self-contained HTML file. */
export function runReport(run: RunRecord, against?: RunRecord): string {
  const runs = against ? [run, against] : [run];
  const title = runs.map(({ name }) => name).join(' against ');
  return page({
    title,
    body: html`<header><h1>${title}</h1>
${runs.map((one, i) => about(one, runs.length > 1 ? i : undefined))}</header>
${tiles(runs)}
${alarmsSection(runs)}
${curvesSection(runs)}
${evaluationsSection(runs)}
${answersSection(runs)}
${manifestSection(runs)}`,
  });
}

function about({ name, manifest }: RunRecord, colour: number | undefined): Html {
  const { stage, status, step, config, model, started } = manifest;
  const mark = colour !== undefined && html`<span class="swatch colour${colour}"></span><b>${name}</b>: `;
  const day = started.slice(0, 16).replace('T', ' ');
  return html`<p class="about">${mark}${stage} on ${model.name}, <b>${status}</b> after ${step} of ${config.steps} steps, started ${day} UTC, seed ${manifest.seed}</p>`;
}

interface Tile {
  readonly name: string;
  value(run: RunRecord): string;
}

const shown: readonly Tile[] = [
  { name: 'Loss, last logged', value: ({ curves }) => numberText(curves.loss.at(-1)?.[1]) },
  { name: 'Validation, best', value: ({ manifest }) => numberText(manifest.best?.loss) },
  { name: 'Training time', value: ({ seconds }) => timeText(seconds) },
  { name: 'Tokens a second, last', value: ({ curves }) => wholeText(curves.tokensPerSecond.at(-1)?.[1]) },
  {
    name: '|projected| / |word|',
    value: ({ manifest: { sizes } }) => changeText(sizes.start.embeddingRatio, sizes.now.embeddingRatio),
  },
  {
    name: 'Query similarity',
    value: ({ manifest: { sizes } }) => changeText(sizes.start.querySimilarity, sizes.now.querySimilarity),
  },
];

function tiles(runs: readonly RunRecord[]): Html {
  return html`<div class="tiles">${shown.map(
    ({ name, value }) =>
      html`<dl class="tile"><dt>${name}</dt>${runs.map((run, i) => html`<dd${runs.length > 1 && html` class="colour${i}"`}>${value(run)}</dd>`)}</dl>`,
  )}</div>`;
}

function numberText(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(4);
}

function wholeText(value: number | undefined): string {
  return value === undefined ? '-' : Math.round(value).toLocaleString('en-US');
}

function changeText(start: number, now: number): string {
  return `${start.toFixed(2)} → ${now.toFixed(2)}`;
}

function timeText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds.toFixed(1)} s` : `${minutes} min ${Math.round(seconds % 60)} s`;
}
