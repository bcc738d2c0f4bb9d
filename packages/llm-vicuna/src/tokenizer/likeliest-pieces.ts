import type { Segment, Segmenter, Vocabulary } from './merge-pieces.js';

/** How much less likely than the rarest piece a character without a piece is. */
const unknownPenalty = 10;

/** The best way to a position. */
interface Arrival {
  readonly start: number;
  readonly id: number | undefined;
  readonly score: number;
}

/** Score of every piece that may be chosen; users' own symbols outdo what they cover. */
function pieceScores({ pieces }: Vocabulary): { readonly scores: Float64Array; readonly unknown: number } {
  const normal = pieces.filter(piece => piece.type === 'normal').map(piece => piece.score);
  const least = normal.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = normal.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const scores = Float64Array.from(pieces, ({ text, type, score }) =>
    type === 'userDefined' ? Math.fround(Buffer.byteLength(text) * most) - 0.1 : score,
  );
  return { scores, unknown: Math.fround(least - unknownPenalty) };
}

/**
 * Unigram segmentation: of all ways to cut a text into pieces the one with the largest sum of scores, by Viterbi's
 * algorithm (Kudo 2018, section 3.2). Sums are kept in single precision, as sentencepiece's `EncodeOptimized` does, so
 * that ties fall alike.
 */
export function likeliestPieces(vocabulary: Vocabulary): Segmenter {
  const { pieces, index } = vocabulary;
  const { scores, unknown } = pieceScores(vocabulary);
  return text => {
    const arrivals: (Arrival | undefined)[] = Array.from({ length: text.length + 1 });
    const arrive = (end: number, arrival: Arrival) => {
      const score = Math.fround(arrival.score);
      const best = arrivals[end];
      if (best === undefined || score > best.score) arrivals[end] = { ...arrival, score };
    };
    for (let start = 0; start < text.length; ) {
      const character = String.fromCodePoint(text.codePointAt(start)!).length;
      const before = arrivals[start]?.score ?? 0;
      let known = false;
      index.eachAt(text, start, (id, length) => {
        if (pieces[id]!.type === 'unused') return;
        arrive(start + length, { start, id, score: before + scores[id]! });
        known ||= length === character;
      });
      if (!known) arrive(start + character, { start, id: undefined, score: before + unknown });
      start += character;
    }
    return walkBack(text, arrivals);
  };
}

function walkBack(text: string, arrivals: readonly (Arrival | undefined)[]): Segment[] {
  const segments: Segment[] = [];
  for (let end = text.length; end > 0; ) {
    const { start, id } = arrivals[end]!;
    segments.push({ text: text.slice(start, end), id });
    end = start;
  }
  return segments.reverse();
}
