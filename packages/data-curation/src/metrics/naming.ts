/** Lower-case words with one space between them; everything but letters and digits counts as space. */
export function plainWords(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
}

/**
 * Whether an answer names what a picture shows: the label stands in it as whole words. Both are lower-cased, `flag: ` in the label counts as
 * `flag of `, everything but letters and digits as one space. A label without letters and digits is never named.
 */
export function isNamed(label: string, answer: string): boolean {
  const wanted = plainWords(label.toLowerCase().replaceAll('flag: ', 'flag of '));
  return wanted !== '' && ` ${plainWords(answer)} `.includes(` ${wanted} `);
}

/** Whether an answer tells the group of a picture: it contains the group's name, whatever the case. An empty group is never told. */
export function isCategory(group: string, answer: string): boolean {
  return group !== '' && answer.toLowerCase().includes(group.toLowerCase());
}
