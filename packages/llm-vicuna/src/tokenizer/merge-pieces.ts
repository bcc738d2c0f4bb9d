import type { PieceIndex } from './piece-index.js';
import type { Piece, SentencePieceModel } from './sentencepiece-model.js';

/** A part of a text and the id of its piece; undefined for what no piece covers. */
export interface Segment {
  readonly text: string;
  readonly id: number | undefined;
}

/** Cuts a normalized text into segments that make it up. */
export type Segmenter = (text: string) => Segment[];

/** Two neighbours that make a piece. */
interface Merge {
  /** Index of the left symbol. */
  readonly left: number;
  readonly right: number;
  readonly score: number;
  /** Length of both as they were when it was proposed; a symbol that has grown since makes it void. */
  readonly length: number;
}

const comesBefore = (a: Merge, b: Merge) => a.score > b.score || (a.score === b.score && a.left < b.left);

/** Merges by score, the largest first; of equal ones the leftmost. */
class MergeQueue {
  readonly #heap: Merge[] = [];

  push(merge: Merge): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesBefore(merge, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = merge;
  }

  pop(): Merge | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first !== undefined && last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(merge: Merge): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && comesBefore(heap[child + 1]!, heap[child]!)) child++;
      if (child >= heap.length || !comesBefore(heap[child]!, merge)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = merge;
  }
}

/** Neighbouring symbols of a text; a symbol that was merged into its left neighbour is empty. */
class Symbols {
  readonly texts: string[] = [];
  readonly #fixed: boolean[] = [];
  readonly #previous: number[] = [];
  readonly #next: number[] = [];

  /** Characters, and users' own symbols as wholes that no merge may touch. */
  constructor(text: string, userDefined: PieceIndex) {
    for (let at = 0; at < text.length; ) {
      const longest = userDefined.longestAt(text, at);
      const length = longest || String.fromCodePoint(text.codePointAt(at)!).length;
      this.#previous.push(this.texts.length - 1);
      this.#next.push(at + length < text.length ? this.texts.length + 1 : -1);
      this.texts.push(text.slice(at, at + length));
      this.#fixed.push(longest > 0);
      at += length;
    }
  }

  mergeable(left: number, right: number): boolean {
    return left >= 0 && right >= 0 && !this.#fixed[left] && !this.#fixed[right];
  }

  previous(at: number): number {
    return this.#previous[at]!;
  }

  next(at: number): number {
    return this.#next[at]!;
  }

  /** True when both are still what the merge was proposed for. */
  has({ left, right, length }: Merge): boolean {
    const [a, b] = [this.texts[left]!, this.texts[right]!];
    return a !== '' && b !== '' && a.length + b.length === length;
  }

  merge({ left, right }: Merge): void {
    this.texts[left] += this.texts[right]!;
    this.texts[right] = '';
    const next = this.#next[right]!;
    this.#next[left] = next;
    if (next >= 0) this.#previous[next] = left;
  }
}

/** Segments of a finished symbol: pieces that training has made unused go back into the two they came from. */
function segmentsOf(text: string, id: number | undefined, split: ReadonlyMap<string, readonly Segment[]>): Segment[] {
  const parts = split.get(text);
  return parts === undefined ? [{ text, id }] : parts.flatMap(part => segmentsOf(part.text, part.id, split));
}

/** A vocabulary by text and by id. */
export interface Vocabulary extends Pick<SentencePieceModel, 'pieces'> {
  /** Pieces that text may be cut into: normal, user-defined and unused ones. */
  readonly index: PieceIndex;
  readonly userDefined: PieceIndex;
}

/**
 * Byte-pair encoding: of all neighbours that make a piece, those of the largest score become one, until none do
 * (Sennrich et al. 2016, section 3.2; order and ties as in sentencepiece's `bpe::Model`).
 */
export function mergePieces({ pieces, index, userDefined }: Vocabulary): Segmenter {
  const isUnused = (id: number | undefined) => id !== undefined && (pieces[id] as Piece).type === 'unused';
  return text => {
    const symbols = new Symbols(text, userDefined);
    const queue = new MergeQueue();
    const split = new Map<string, readonly Segment[]>();
    const propose = (left: number, right: number) => {
      if (!symbols.mergeable(left, right)) return;
      const parts = [symbols.texts[left]!, symbols.texts[right]!];
      const whole = parts.join('');
      const id = index.id(whole);
      if (id === undefined) return;
      queue.push({ left, right, score: pieces[id]!.score, length: whole.length });
      if (isUnused(id))
        split.set(
          whole,
          parts.map(part => ({ text: part, id: index.id(part) })),
        );
    };
    for (let at = 1; at < symbols.texts.length; at++) propose(at - 1, at);
    for (let merge = queue.pop(); merge !== undefined; merge = queue.pop()) {
      if (!symbols.has(merge)) continue;
      symbols.merge(merge);
      propose(symbols.previous(merge.left), merge.left);
      propose(merge.left, symbols.next(merge.left));
    }
    return symbols.texts.filter(part => part !== '').flatMap(part => segmentsOf(part, index.id(part), split));
  };
}
