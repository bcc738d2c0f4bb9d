import { createTokenizer } from '../tokenizer/json-tokenizer.js';
import type { Piece, PieceType, SentencePieceModel } from '../tokenizer/sentencepiece-model.js';
import { createSentencePieceTokenizer } from '../tokenizer/sentencepiece-tokenizer.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { unusableValue, type Metadata } from './metadata.js';

/** What the numbers of `tokenizer.ggml.token_type` mean. */
const pieceTypes: readonly (PieceType | undefined)[] = [
  undefined,
  'normal',
  'unknown',
  'control',
  'userDefined',
  'unused',
  'byte',
];

/** GPT-2's cut of a text into words, each with the space before it. */
const wordPattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** How byte-level tokenizers cut a text before they merge, by `tokenizer.ggml.pre`. */
const cuts: Readonly<Record<string, readonly string[]>> = {
  'gpt-2': [wordPattern],
  smollm: ['\\p{N}', wordPattern],
};

/**
 * The tokenizer in the metadata of a GGUF file: byte-level BPE (`gpt2`, cut as `gpt-2` or `smollm`) or sentencepiece
 * BPE with scores (`llama`). Bytes without a piece of their own are left out, as by the original.
 *
 * @throws `TOKENIZER_INVALID` for other kinds and for lists that do not belong together
 */
export function createTokenizerFromGguf(metadata: Metadata): Tokenizer {
  const vocabulary = readVocabulary(metadata);
  const eosPiece = controlPiece(vocabulary, metadata, 'eos_token_id');
  // models that never begin a text with one have none
  const bosPiece = metadata.has('tokenizer.ggml.bos_token_id')
    ? controlPiece(vocabulary, metadata, 'bos_token_id')
    : eosPiece;
  const model = metadata.get('tokenizer.ggml.model');
  if (model === 'gpt2') {
    return createTokenizer(byteLevelFile(vocabulary, metadata), { bos_token: bosPiece, eos_token: eosPiece });
  }
  if (model !== 'llama') throw invalid('model', '"gpt2" or "llama"', model);
  return createSentencePieceTokenizer({ ...sentencePieceModel(vocabulary, metadata), bosPiece, eosPiece });
}

function invalid(key: string, expected: string, got: unknown): Error {
  return unusableValue('TOKENIZER_INVALID', { key: `tokenizer.ggml.${key}`, expected, got });
}

/** Pieces by id, and the numbers of their types. */
interface Vocabulary {
  readonly pieces: readonly string[];
  readonly types: readonly number[];
}

/** What a sentencepiece model takes from elsewhere in the metadata. */
type ControlPieces = 'bosPiece' | 'eosPiece';

function readVocabulary(metadata: Metadata): Vocabulary {
  const pieces = list(metadata, 'tokens', 'string');
  const types = metadata.has('tokenizer.ggml.token_type')
    ? list(metadata, 'token_type', 'number')
    : pieces.map(() => pieceTypes.indexOf('normal'));
  if (types.length !== pieces.length)
    throw invalid('token_type', `${pieces.length} numbers`, `${types.length} numbers`);
  return { pieces, types };
}

interface ElementTypes {
  readonly string: string;
  readonly number: number;
}

function list<K extends keyof ElementTypes>(metadata: Metadata, key: string, type: K): readonly ElementTypes[K][] {
  const value = metadata.get(`tokenizer.ggml.${key}`);
  if (Array.isArray(value) && value.every(element => typeof element === type)) return value as ElementTypes[K][];
  throw invalid(key, `a list of ${type}s`, value);
}

function controlPiece({ pieces }: Vocabulary, metadata: Metadata, key: string): string {
  const id = metadata.get(`tokenizer.ggml.${key}`);
  const piece = typeof id === 'number' ? pieces[id] : undefined;
  if (piece === undefined) throw invalid(key, `an id below ${pieces.length}`, id);
  return piece;
}

function addedTokens({ pieces, types }: Vocabulary): object[] {
  return pieces.flatMap((content, id) => {
    const type = pieceTypes[types[id]!];
    const special = type === 'control' || type === 'unknown';
    return special || type === 'userDefined' ? [{ id, content, special, normalized: false }] : [];
  });
}

function byteLevelFile(vocabulary: Vocabulary, metadata: Metadata): object {
  const cut = metadata.get('tokenizer.ggml.pre') ?? 'gpt-2';
  const patterns = typeof cut === 'string' && Object.hasOwn(cuts, cut) ? cuts[cut] : undefined;
  if (patterns === undefined) throw invalid('pre', `one of ${Object.keys(cuts).join(', ')}`, cut);
  const splits = patterns.map(Regex => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }));
  const vocab = Object.fromEntries(vocabulary.pieces.map((piece, id) => [piece, id]));
  return {
    added_tokens: addedTokens(vocabulary),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [...splits, { type: 'ByteLevel', add_prefix_space: false, use_regex: false }],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', unk_token: null, vocab, merges: list(metadata, 'merges', 'string') },
  };
}

function sentencePieceModel(
  { pieces, types }: Vocabulary,
  metadata: Metadata,
): Omit<SentencePieceModel, ControlPieces> {
  const scores = list(metadata, 'scores', 'number');
  if (scores.length !== pieces.length) throw invalid('scores', `${pieces.length} numbers`, `${scores.length} numbers`);
  const typed = pieces.map((text, id): Piece => {
    const type = pieceTypes[types[id]!];
    if (type === undefined || text === '' || !Number.isFinite(scores[id])) {
      throw invalid('tokens', 'pieces with a text, a finite score and a known type', {
        text,
        score: scores[id],
        type: types[id],
      });
    }
    return { text, score: scores[id]!, type };
  });
  return {
    algorithm: 'bpe',
    pieces: typed,
    byteFallback: typed.some(({ type }) => type === 'byte'),
    normalization: {
      dummyPrefix: metadata.get('tokenizer.ggml.add_space_prefix') !== false,
      removeExtraSpaces: metadata.get('tokenizer.ggml.remove_extra_whitespaces') === true,
      characterMap: undefined,
    },
  };
}
