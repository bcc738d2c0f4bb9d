/** Code points as keys of everything: upper-case hexadecimal with hyphens, the mark that asks for a coloured picture (FE0F) left out. */
export function conceptCode(codePoints: string): string {
  return codePoints
    .toUpperCase()
    .split('-')
    .filter(point => point !== 'FE0F')
    .join('-');
}

/** The key of a text such as an emoji character. */
export function codeOfText(text: string): string {
  return conceptCode(Array.from(text, character => hexadecimal(character.codePointAt(0)!)).join('-'));
}

function hexadecimal(codePoint: number): string {
  return codePoint.toString(16).padStart(4, '0');
}

const tones = new Map([
  ['light', '1F3FB'],
  ['medium-light', '1F3FC'],
  ['medium', '1F3FD'],
  ['medium-dark', '1F3FE'],
  ['dark', '1F3FF'],
]);

/** The key of a concept in one skin tone, `medium-dark` for instance: the tone follows the first code point. */
export function codeInTone(code: string, tone: string): string {
  const [first, ...rest] = code.split('-');
  return [first, tones.get(tone), ...rest].join('-');
}

/** The first of the letters that flags are spelled with. */
const regionalA = 0x1f1e6;

/** The key of a country's flag from its two letters, `se` for instance. */
export function flagCode(letters: string): string {
  const points = Array.from(letters, letter => hexadecimal(regionalA + letter.charCodeAt(0) - 'a'.charCodeAt(0)));
  return conceptCode(points.join('-'));
}
