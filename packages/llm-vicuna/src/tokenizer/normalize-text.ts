import { invalidTokenizer } from './control-tokens.js';
import { PieceIndex } from './piece-index.js';
import { checkTokenizerLimit, type SentencePieceModel } from './sentencepiece-model.js';

/** What pieces have for a space. */
export const spaceMark = '\u2581';

/** Makes of a text what is cut into pieces. */
export type Normalize = (text: string) => string;

/** UTF-8 as a string of one unit a byte, so that positions in it are byte positions. */
const toBinary = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const fromBinary = (binary: string) => Buffer.from(binary, 'latin1').toString('utf8');

/** The texts a trie points at, each behind its offset and ended by a zero byte. */
function checkReplacements(bytes: Uint8Array): void {
  let start = 0;
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, start)) {
    checkTokenizerLimit('replacementBytes', end - start);
    start = end + 1;
  }
  if (start < bytes.length) throw invalidTokenizer('bad character map, expected zero bytes behind all texts, got none');
}

/** A match of the character map: bytes it reads, and what it writes instead. */
interface Replacement {
  readonly length: number;
  readonly text: string;
}

/** Longest match in a character map: a trie in Darts' double-array layout, as sentencepiece's normalizer compiles it. */
class CharacterMap {
  readonly #units: Uint32Array;
  readonly #replacements: Uint8Array;

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const size = bytes.length < 4 ? 0 : view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || size >= bytes.length - 4) {
      throw invalidTokenizer(
        `bad character map, expected a trie inside its ${bytes.length} bytes, got ${size} of them`,
      );
    }
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.#replacements = bytes.subarray(4 + size);
    checkReplacements(this.#replacements);
  }

  longestAt(binary: string, start: number): Replacement | undefined {
    let node = this.#offset(0);
    let value = -1;
    let length = 0;
    for (let at = start; at < binary.length; at++) {
      const byte = binary.charCodeAt(at);
      node ^= byte;
      const unit = this.#unit(node);
      // the top bit tells a value from a node with a label
      if ((unit & 0x800000ff) >>> 0 !== byte) break;
      node ^= this.#offset(node);
      if ((unit >>> 8) & 1) {
        value = this.#unit(node) & 0x7fffffff;
        length = at + 1 - start;
      }
    }
    return value < 0 ? undefined : { length, text: this.#text(value) };
  }

  #unit(node: number): number {
    return this.#units[node] ?? 0;
  }

  /** What leads from a node to its children, to be combined with the node by exclusive or. */
  #offset(node: number): number {
    const unit = this.#unit(node);
    return (unit >>> 10) << ((unit & 0x200) >>> 6);
  }

  #text(start: number): string {
    const end = this.#replacements.indexOf(0, start);
    return Buffer.from(this.#replacements.subarray(start, Math.max(start, end))).toString('latin1');
  }
}

function characterBytes(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** Replaces by the map, but for the users' own symbols, which stay as they are. */
function replaceCharacters(map: CharacterMap, symbols: PieceIndex): Normalize {
  return text => {
    const binary = toBinary(text);
    let written = '';
    for (let at = 0; at < binary.length; ) {
      const symbol = symbols.longestAt(binary, at);
      const replacement = symbol > 0 ? undefined : map.longestAt(binary, at);
      const length = replacement?.length ?? (symbol || characterBytes(binary.charCodeAt(at)));
      written += replacement?.text ?? binary.slice(at, at + length);
      at += length;
    }
    return fromBinary(written);
  };
}

function withoutMarksAtEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === spaceMark) end--;
  return text.slice(0, end);
}

/**
 * The normalizer of a model: characters replaced, spaces trimmed, one put in front, all written as U+2581, in that order
 * (sentencepiece's `Normalizer::Normalize`). What UTF-8 cannot hold becomes U+FFFD.
 *
 * @throws `TOKENIZER_INVALID` or `TOKENIZER_LIMIT` for a bad character map
 */
export function textNormalizer({ normalization, pieces }: SentencePieceModel): Normalize {
  const { dummyPrefix, removeExtraSpaces, characterMap } = normalization;
  const symbols = pieces.filter(piece => piece.type === 'userDefined').map(piece => [toBinary(piece.text), 0] as const);
  const replace =
    characterMap === undefined
      ? (text: string) => Buffer.from(text, 'utf8').toString('utf8')
      : replaceCharacters(new CharacterMap(characterMap), new PieceIndex(symbols));
  return text => {
    if (text === '') return '';
    const replaced = replace(text);
    const trimmed = removeExtraSpaces ? replaced.replaceAll(/ +/g, ' ').replace(/^ /, '') : replaced;
    const marked = (dummyPrefix ? spaceMark : '') + trimmed.replaceAll(' ', spaceMark);
    return removeExtraSpaces ? withoutMarksAtEnd(marked) : marked;
  };
}
