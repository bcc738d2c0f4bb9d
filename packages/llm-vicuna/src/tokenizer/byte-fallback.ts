const bytePiece = /^<0x([0-9A-Fa-f]{2})>$/;
// the byte order mark is text like any other here, not a mark to swallow
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes of the character that starts with `lead`; 0 for a byte that starts none. */
function characterLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

function characterAt(bytes: readonly number[], start: number): string | undefined {
  const length = characterLength(bytes[start]!);
  if (length === 0 || start + length > bytes.length) return undefined;
  try {
    return utf8.decode(Uint8Array.from(bytes.slice(start, start + length)));
  } catch {
    return undefined;
  }
}

/** Bytes as text: whole characters as they are, every byte that belongs to none as one U+FFFD (as sentencepiece does). */
function textOfBytes(bytes: readonly number[]): string {
  let text = '';
  for (let start = 0; start < bytes.length; ) {
    const character = characterAt(bytes, start);
    text += character ?? '\uFFFD';
    start += character === undefined ? 1 : characterLength(bytes[start]!);
  }
  return text;
}

/**
 * Pieces with every run of byte pieces (`<0xE2>`, `<0x82>`, …) turned into one piece of text.
 *
 * Done here because the library swallows a byte order mark at the start of a run, and because it replaces what is
 * broken by other rules than sentencepiece. What a byte means depends on nothing before the character it belongs to,
 * so text that has been decoded never changes when more pieces come: streaming stands on this.
 */
export function mergeBytePieces(pieces: readonly string[]): string[] {
  const merged: string[] = [];
  let bytes: number[] = [];
  for (const piece of pieces) {
    const match = bytePiece.exec(piece);
    if (match) {
      bytes.push(Number.parseInt(match[1]!, 16));
      continue;
    }
    if (bytes.length > 0) merged.push(textOfBytes(bytes));
    bytes = [];
    merged.push(piece);
  }
  if (bytes.length > 0) merged.push(textOfBytes(bytes));
  return merged;
}
