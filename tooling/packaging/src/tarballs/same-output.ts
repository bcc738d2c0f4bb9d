/** Figures that differ from run to run and from machine to machine: times, rates and memory. */
const measured = /^\s*(ms|s|MB|MiB|GB|GiB|tokens\/s|GFLOP\/s)(?![\w])/;

const number = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;

/**
 * Where two outputs of a program differ, or undefined where they say the same: equal words, equal whole numbers, other
 * numbers equal to a thousandth (processors round differently), whatever times and amounts of memory.
 */
export function firstDifference(actual: string, expected: string): string | undefined {
  const lines = [parse(actual), parse(expected)] as const;
  for (let i = 0; i < Math.max(lines[0].length, lines[1].length); i++) {
    const [got, wanted] = [lines[0][i], lines[1][i]];
    if (got && wanted && same(got, wanted)) continue;
    return `'${wanted?.text ?? ''}' expected, got '${got?.text ?? ''}'`;
  }
  return undefined;
}

interface Word {
  readonly text: string;
  /** A number that must be right. */
  readonly value: number | undefined;
  readonly isMeasured: boolean;
}

// how an object is broken into lines depends on the width of its numbers, so that lines count for nothing
function parse(output: string): Word[] {
  const words: Word[] = [];
  const addText = (text: string): void => {
    for (const word of text.split(/\s+/))
      if (word !== '') words.push({ text: word, value: undefined, isMeasured: false });
  };
  let last = 0;
  for (const match of output.matchAll(number)) {
    addText(output.slice(last, match.index));
    last = match.index + match[0].length;
    words.push({ text: match[0], value: Number(match[0]), isMeasured: measured.test(output.slice(last, last + 12)) });
  }
  addText(output.slice(last));
  return words;
}

function same(got: Word, wanted: Word): boolean {
  if (got.value === undefined || wanted.value === undefined) return got.text === wanted.text;
  if (got.isMeasured && wanted.isMeasured) return true;
  if (Number.isInteger(got.value) && Number.isInteger(wanted.value)) return got.value === wanted.value;
  return Math.abs(got.value - wanted.value) <= 1e-3 * Math.abs(wanted.value) + 1e-6;
}
