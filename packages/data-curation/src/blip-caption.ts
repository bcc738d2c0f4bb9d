/** What {@link blipCaption} may be told. */
export interface BlipCaptionOptions {
  /** Words that are kept, counted by single spaces. Defaults to 50. */
  readonly maxWords?: number;
}

/**
 * The caption as stage 1 trains on it: lower-cased, each of `. ! " ( ) * # : ; ~` replaced by a space, runs of white space made one space,
 * cut to the first words. Commas, apostrophes, hyphens and question marks stay.
 *
 * Follows `BlipCaptionProcessor.pre_caption` of the original's `blip_processors.py`.
 */
export function blipCaption(text: string, { maxWords = 50 }: BlipCaptionOptions = {}): string {
  const spaced = text.toLowerCase().replaceAll(/[.!"()*#:;~]/g, ' ');
  const collapsed = spaced
    .replaceAll(whitespaceRun, ' ')
    .replace(/\n+$/, '')
    .replace(/^ +| +$/g, '');
  const words = collapsed.split(' ');
  return words.length > maxWords ? words.slice(0, maxWords).join(' ') : collapsed;
}

// Python's \s on text: JavaScript's misses the separators 1c-1f and the next-line sign and has the byte-order mark
const whitespaceRun = /[\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]{2,}/g;
