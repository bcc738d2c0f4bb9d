/** Finds the pieces that a text goes on with. */
export class PieceIndex {
  readonly #ids = new Map<string, number>();
  /** Lengths that occur, ascending, by the first UTF-16 unit: no other substring is looked up. */
  readonly #lengths = new Map<number, number[]>();

  /** Pieces with their ids. */
  constructor(pieces: Iterable<readonly [string, number]>) {
    for (const [text, id] of pieces) {
      this.#ids.set(text, id);
      const first = text.charCodeAt(0);
      const lengths = this.#lengths.get(first) ?? [];
      if (!lengths.includes(text.length)) lengths.push(text.length);
      this.#lengths.set(first, lengths);
    }
    for (const lengths of this.#lengths.values()) lengths.sort((a, b) => a - b);
  }

  /** The id of one piece. */
  id(piece: string): number | undefined {
    return this.#ids.get(piece);
  }

  /** Calls back for every piece that begins at `start`, shortest first. */
  eachAt(text: string, start: number, found: (id: number, length: number) => void): void {
    for (const length of this.#lengths.get(text.charCodeAt(start)) ?? []) {
      if (start + length > text.length) return;
      const id = this.#ids.get(text.slice(start, start + length));
      if (id !== undefined) found(id, length);
    }
  }

  /** Length of the longest piece that begins at `start`; 0 for none. */
  longestAt(text: string, start: number): number {
    let longest = 0;
    this.eachAt(text, start, (_, length) => {
      longest = length;
    });
    return longest;
  }
}
