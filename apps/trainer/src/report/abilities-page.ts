import type { AbilitiesReport, AbilityAnswer } from '../evaluate/abilities/ask-abilities.js';
import { type Html, html } from './html.js';
import { page } from './page.js';

/** A picture of the page: its name and a data URL. */
export interface PagePicture {
  readonly name: string;
  readonly image: string;
}

/** Abilities side by side as one self-contained HTML file. */
export function abilitiesPage(
  { model, partial, projections }: AbilitiesReport,
  pictures: readonly PagePicture[],
): string {
  const heads = projections.map(
    ({ projection, endsWithStop, repeats }, i) =>
      html`<th><span class="swatch colour${i}"></span>${projection.path}<br><span class="digest" title="${projection.sha256}">${projection.sha256.slice(0, 16)}</span>
<br><span class="error">ends by itself ${percent(endsWithStop)}, repeats itself ${percent(repeats)}</span></th>`,
  );
  const of = (name: string) => projections.map(({ answers }) => answers.filter(({ picture }) => picture === name));
  return page({
    title: `Abilities of ${model}`,
    body: html`<header><h1>Abilities of ${model}</h1><p class="about">What section 4 of the paper shows, asked about ${pictures.length} ${pictures.length === 1 ? 'picture' : 'pictures'}${partial && ', stopped before the end'}</p></header>
${pictures.map(
  ({ name, image }) => html`<section><h2>${name}</h2><img class="shown" src="${image}" alt="${name}">
<div class="scroll"><table class="answers"><thead><tr><th>ability</th>${heads}</tr></thead><tbody>${rowsOf(of(name))}</tbody></table></div></section>`,
)}`,
  });
}

function rowsOf(columns: readonly (readonly AbilityAnswer[])[]): Html[] {
  return (columns[0] ?? []).map(
    ({ ability, question }, i) =>
      html`<tr><td><b>${ability}</b><br><span class="error">${question}</span></td>${columns.map(answers => answerCell(answers[i]))}</tr>`,
  );
}

function answerCell(answer: AbilityAnswer | undefined): Html {
  if (!answer) return html`<td></td>`;
  const text = answer.answer === '' ? html`<span class="empty">(nothing)</span>` : answer.answer;
  return html`<td>${text}${!answer.endsWithStop && html`<span class="badge">no end</span>`}${answer.repeats && html`<span class="badge">repeats</span>`}</td>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
