import type { SampleAnswer } from '../model/sample-answers.js';
import { type Html, html } from './html.js';
import type { RunRecord } from './read-run.js';

/** The pictures of a run, or of two, with what was answered before and after. */
export function answersSection(runs: readonly RunRecord[]): Html {
  const [run, against] = runs;
  const answers = byPicture(run?.samples ?? []);
  if (!run || answers.size === 0)
    return html`<section><h2>Answers</h2><p class="empty">no sample answers</p></section>`;
  const others = byPicture(against?.samples ?? []);
  return html`<section><h2>Answers</h2><div class="pictures">
${[...answers.values()].map(list => pictureCard(list, { run, against, others: others.get(pictureOf(list[0]!)) }))}
</div></section>`;
}

function pictureOf({ key, question }: SampleAnswer): string {
  return JSON.stringify([key, question]);
}

function byPicture(samples: readonly SampleAnswer[]): Map<string, SampleAnswer[]> {
  const groups = new Map<string, SampleAnswer[]>();
  for (const sample of samples) {
    const group = groups.get(pictureOf(sample));
    if (group) group.push(sample);
    else groups.set(pictureOf(sample), [sample]);
  }
  return groups;
}

interface Beside {
  readonly run: RunRecord;
  readonly against: RunRecord | undefined;
  /** What the other run answered about the same picture. */
  readonly others: readonly SampleAnswer[] | undefined;
}

function pictureCard(answers: readonly SampleAnswer[], { run, against, others }: Beside): Html {
  const [first, last] = [answers[0]!, answers.at(-1)!];
  const other = others?.at(-1);
  const shown = against
    ? [answer(`${run.name}, step ${last.step}`, last), other && answer(`${against.name}, step ${other.step}`, other)]
    : [answer(`step ${first.step}`, first), last !== first && answer(`step ${last.step}`, last)];
  const between = answers.slice(1, -1);
  return html`<article class="picture"><img src="${imageOf(last)}" alt="${last.key}">
<div><h3>${last.question}</h3><p class="key">${last.key}</p>
<dl>${shown}</dl>
${between.length > 0 && html`<details><summary>${between.length} between</summary><dl>${between.map(one => answer(`step ${one.step}`, one))}</dl></details>`}
</div></article>`;
}

function answer(when: string, { answer: text }: SampleAnswer): Html {
  return html`<dt>${when}</dt><dd>${text === '' ? html`<span class="empty">(nothing)</span>` : text}</dd>`;
}

/** Only pictures that lie in the file itself: a report asks nobody for anything. */
function imageOf({ image }: SampleAnswer): string {
  if (/^data:image\/[a-z+.-]+;base64,[A-Za-z0-9+/=]+$/.test(image)) return image;
  return /^[A-Za-z0-9+/=]+$/.test(image) ? `data:image/webp;base64,${image}` : '';
}
