/**
 * The words of a text, lower-case and without punctuation: runs of letters and digits, joined by apostrophes and hyphens inside (`don't`, `x-ray`).
 * Like the caption metrics' usual Penn Treebank tokens, but contractions stay whole.
 */
export function captionWords(text: string): string[] {
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+(?:['\u2019-][\p{L}\p{M}\p{N}]+)*/gu) ?? []
  );
}
