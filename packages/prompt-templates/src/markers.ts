/** The markers that `text` holds, each once. */
export function findMarkers(text: string, markers: readonly string[]): string[] {
  return markers.filter(marker => text.includes(marker));
}

/**
 * `text` with a space behind the first character of every marker: `# ##`, `< Img>`. A space reads like a slip of the
 * pen to a model, and every tokenizer has it; nothing is taken away, so that no marker can arise from what remains.
 */
export function escapeMarkers(text: string, markers: readonly string[]): string {
  let escaped = text;
  // markers hold no space, so each pass breaks some and makes none; runs such as ##### need several
  while (findMarkers(escaped, markers).length > 0) {
    for (const marker of markers) escaped = escaped.replaceAll(marker, () => `${marker[0]} ${marker.slice(1)}`);
  }
  return escaped;
}

/** True when a marker would lie across the border of two texts. */
function meet(left: string, right: string, markers: readonly string[]): boolean {
  return markers.some(marker => {
    for (let cut = 1; cut < marker.length; cut++) {
      if (left.endsWith(marker.slice(0, cut)) && right.startsWith(marker.slice(cut))) return true;
    }
    return false;
  });
}

/** What stands around a text of a stranger. */
export interface Surroundings {
  readonly before: string;
  readonly after: string;
  readonly markers: readonly string[];
}

/** `text` without markers, also none that it would form with its surroundings (`…#` before `###`): a space keeps them apart. */
export function fenceText(text: string, { before, after, markers }: Surroundings): string {
  const escaped = escapeMarkers(text, markers);
  const left = meet(before, escaped, markers) ? ' ' : '';
  const right = meet(escaped, after, markers) ? ' ' : '';
  return left + escaped + right;
}
