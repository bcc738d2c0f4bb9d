import type { AbilitiesReport } from './ask-abilities.js';

const columnWidth = 56;

/** Words wrapped to lines of at most `width` characters; longer words stand alone, cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(part => part !== '')) {
    for (let rest = word; rest !== ''; rest = rest.slice(width)) {
      const piece = rest.slice(0, width);
      const line = lines.at(-1);
      if (line !== undefined && line.length + 1 + piece.length <= width && rest === word)
        lines[lines.length - 1] = `${line} ${piece}`;
      else lines.push(piece);
    }
  }
  return lines;
}

/** Answers side by side for people, picture by picture. */
export function abilitiesText({ model, partial, projections }: AbilitiesReport): string {
  const lines = [`${model}${partial ? ', stopped before the end' : ''}`];
  const row = (cells: readonly (readonly string[])[]) => {
    const height = Math.max(...cells.map(cell => cell.length));
    for (let i = 0; i < height; i++) {
      lines.push(
        cells
          .map(cell => (cell[i] ?? '').padEnd(columnWidth))
          .join(' | ')
          .trimEnd(),
      );
    }
  };
  const heads = projections.map(({ projection, endsWithStop, repeats }) => [
    ...wrapped(`${projection.path} (${projection.sha256.slice(0, 12)})`, columnWidth),
    `ends by itself ${percent(endsWithStop)}, repeats itself ${percent(repeats)}`,
  ]);
  row(heads);
  const [first] = projections;
  for (const [i, { picture, ability, question }] of (first?.answers ?? []).entries()) {
    lines.push('', `${picture}, ${ability}: ${question}`);
    row(projections.map(({ answers }) => wrapped(marked(answers[i]), columnWidth)));
  }
  return `${lines.join('\n')}\n`;
}

/** An answer, with what is wrong with its form behind it. */
function marked(answer: AbilitiesReport['projections'][number]['answers'][number] | undefined): string {
  if (answer === undefined) return '';
  const marks = [...(answer.endsWithStop ? [] : ['no end']), ...(answer.repeats ? ['repeats'] : [])];
  return `${answer.answer || '(nothing)'}${marks.length > 0 ? ` [${marks.join(', ')}]` : ''}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
