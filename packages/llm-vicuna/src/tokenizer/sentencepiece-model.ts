import { MiniGPT4Error } from '@minigpt4/core';
import { invalidTokenizer } from './control-tokens.js';
import { type FieldReaders, readFields } from './protobuf-reader.js';

/** How much a tokenizer file may ask for before it is refused with `TOKENIZER_LIMIT`; every number bounds memory or time. */
export const tokenizerLimits = {
  /** Bytes of a `tokenizer.model`. A vocabulary of 256,000 pieces takes 4 MB. */
  fileBytes: 64 * 1024 * 1024,
  /** Pieces of one vocabulary. The largest open ones have 260,000. */
  pieces: 1_000_000,
  /** UTF-16 units of one piece. Trained ones stop at 16 characters; users' own symbols are longer. */
  pieceLength: 512,
  /** Bytes that the character map writes for one match. Unicode's longest compatibility form has 33. */
  replacementBytes: 1024,
} as const;

/** What a piece is for. */
export type PieceType = 'normal' | 'unknown' | 'control' | 'userDefined' | 'unused' | 'byte';

/** One piece of a vocabulary. */
export interface Piece {
  readonly text: string;
  /** Log-probability of a unigram model; for merges, the larger the earlier. */
  readonly score: number;
  readonly type: PieceType;
}

/** What is done to a text before it is cut into pieces. */
export interface TextNormalization {
  /** Puts one space in front. */
  readonly dummyPrefix: boolean;
  /** Drops spaces at both ends and all but one of several. */
  readonly removeExtraSpaces: boolean;
  /** Replacements as sentencepiece compiles them: a double-array trie and the texts it points at. */
  readonly characterMap: Uint8Array | undefined;
}

/** A vocabulary and the way it cuts text: what a `tokenizer.model` holds. */
export interface SentencePieceModel {
  readonly algorithm: 'unigram' | 'bpe';
  /** The id of a piece is its index. */
  readonly pieces: readonly Piece[];
  /** Characters without a piece become their UTF-8 bytes, `<0x00>` to `<0xFF>`. */
  readonly byteFallback: boolean;
  readonly bosPiece: string;
  readonly eosPiece: string;
  readonly normalization: TextNormalization;
}

const pieceTypes: readonly (PieceType | undefined)[] = [
  undefined,
  'normal',
  'unknown',
  'control',
  'userDefined',
  'unused',
  'byte',
];

const algorithms: Readonly<Record<number, SentencePieceModel['algorithm']>> = { 1: 'unigram', 2: 'bpe' };

function damaged(what: string): Error {
  return invalidTokenizer(`not a tokenizer.model, ${what}`);
}

function unsupported(what: string, expected: string, got: string): Error {
  return new MiniGPT4Error(
    'TOKENIZER_UNSUPPORTED',
    `createTokenizer: ${what} of this tokenizer.model is not supported, expected ${expected}, got ${got}. Convert it to a tokenizer.json.`,
  );
}

/** @throws `TOKENIZER_LIMIT` when `got` is above the limit of that name */
export function checkTokenizerLimit(name: keyof typeof tokenizerLimits, got: number): void {
  if (got <= tokenizerLimits[name]) return;
  throw new MiniGPT4Error(
    'TOKENIZER_LIMIT',
    `createTokenizer: too large, expected ${name} of at most ${tokenizerLimits[name]}, got ${got}. Check that the file is a tokenizer.`,
  );
}

function readPiece(bytes: Uint8Array): Piece {
  const piece: { text: string; score: number; type: PieceType | undefined } = { text: '', score: 0, type: 'normal' };
  const readers: FieldReaders = {
    1: value => (piece.text = value.text()),
    2: value => (piece.score = value.float()),
    3: value => (piece.type = pieceTypes[value.integer()]),
  };
  readFields(bytes, readers, damaged);
  const { text, score, type } = piece;
  checkTokenizerLimit('pieceLength', text.length);
  if (type === undefined || text === '' || !Number.isFinite(score)) {
    throw damaged(`piece "${text}" needs a text, a finite score and a known type`);
  }
  return { text, score, type };
}

interface TrainerSpec {
  algorithm: number;
  byteFallback: boolean;
  spacesAtEnd: boolean;
  bosPiece: string;
  eosPiece: string;
}

function trainerReaders(spec: TrainerSpec): FieldReaders {
  return {
    3: value => (spec.algorithm = value.integer()),
    24: value => (spec.spacesAtEnd = value.integer() !== 0),
    35: value => (spec.byteFallback = value.integer() !== 0),
    46: value => (spec.bosPiece = value.text()),
    47: value => (spec.eosPiece = value.text()),
  };
}

interface NormalizerSpec {
  characterMap: Uint8Array | undefined;
  dummyPrefix: boolean;
  removeExtraSpaces: boolean;
  escapeSpaces: boolean;
}

function normalizerReaders(spec: NormalizerSpec): FieldReaders {
  return {
    2: value => (spec.characterMap = value.bytes().length > 0 ? value.bytes() : undefined),
    3: value => (spec.dummyPrefix = value.integer() !== 0),
    4: value => (spec.removeExtraSpaces = value.integer() !== 0),
    5: value => (spec.escapeSpaces = value.integer() !== 0),
  };
}

/**
 * Reads a `tokenizer.model`: the message ModelProto of sentencepiece (`sentencepiece_model.proto`), of which pieces,
 * model type, byte fallback, BOS and EOS, and the normalizer are used.
 *
 * @throws `TOKENIZER_INVALID` for a damaged file, `TOKENIZER_UNSUPPORTED` for what is neither unigram nor BPE or writes
 * spaces otherwise than as a mark in front, `TOKENIZER_LIMIT` beyond {@link tokenizerLimits}
 */
export function readSentencePieceModel(bytes: Uint8Array): SentencePieceModel {
  checkTokenizerLimit('fileBytes', bytes.length);
  const pieces: Piece[] = [];
  const trainer = { algorithm: 1, byteFallback: false, spacesAtEnd: false, bosPiece: '<s>', eosPiece: '</s>' };
  const normalizer = { characterMap: undefined, dummyPrefix: true, removeExtraSpaces: true, escapeSpaces: true };
  const denormalizer = { ...normalizer };
  const readers: FieldReaders = {
    1: value => {
      pieces.push(readPiece(value.bytes()));
      checkTokenizerLimit('pieces', pieces.length);
    },
    2: value => readFields(value.bytes(), trainerReaders(trainer), damaged),
    3: value => readFields(value.bytes(), normalizerReaders(normalizer), damaged),
    5: value => readFields(value.bytes(), normalizerReaders(denormalizer), damaged),
  };
  readFields(bytes, readers, damaged);
  const algorithm = algorithms[trainer.algorithm];
  if (algorithm === undefined) throw unsupported('the model type', '1 (unigram) or 2 (BPE)', `${trainer.algorithm}`);
  if (trainer.spacesAtEnd) throw unsupported('the place of spaces', 'in front of words', 'behind them');
  if (!normalizer.escapeSpaces) throw unsupported('the mark of spaces', 'U+2581', 'plain spaces');
  if (denormalizer.characterMap) throw unsupported('the denormalizer', 'none', 'a character map');
  const { byteFallback, bosPiece, eosPiece } = trainer;
  const { escapeSpaces: _, ...normalization } = normalizer;
  return { algorithm, pieces, byteFallback, bosPiece, eosPiece, normalization };
}
