import { mergeBytePieces } from './byte-fallback.js';
import { checkConfig, contentOf, findControlId, invalidTokenizer } from './control-tokens.js';
import { likeliestPieces } from './likeliest-pieces.js';
import { mergePieces, type Segment, type Segmenter } from './merge-pieces.js';
import { type Normalize, spaceMark, textNormalizer } from './normalize-text.js';
import { PieceIndex } from './piece-index.js';
import { checkTokenizerLimit, type PieceType, type SentencePieceModel } from './sentencepiece-model.js';
import type { DecodeOptions, EncodeOptions, Tokenizer } from './tokenizer.js';

/** A token that text is cut at before anything else, beyond or among the pieces of the model. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** True for a control token. */
  readonly special: boolean;
}

/** What stands beside a `tokenizer.model`. */
export interface SentencePieceTokenizerOptions {
  /** Content of the `tokenizer_config.json`, which may name BOS and EOS. Defaults to none. */
  readonly config?: unknown;
  /** Tokens added since training; one among the pieces must be the piece it names. Defaults to none. */
  readonly addedTokens?: readonly AddedToken[];
}

const bytePiece = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** Matches any of the texts, the longest first, and keeps it when a text is split there; undefined for none. */
function anyOf(texts: readonly string[]): RegExp | undefined {
  if (texts.length === 0) return undefined;
  const escaped = texts
    .toSorted((a, b) => b.length - a.length)
    .map(text => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return new RegExp(`(${escaped.join('|')})`);
}

function checkPieces({ pieces, byteFallback }: SentencePieceModel, ids: ReadonlyMap<string, number>): void {
  const unknown = pieces.filter(piece => piece.type === 'unknown').length;
  if (unknown !== 1) throw invalidTokenizer(`bad vocabulary, expected one unknown piece, got ${unknown}`);
  if (ids.size < pieces.length) {
    const twice = pieces.find((piece, id) => ids.get(piece.text) !== id)!;
    throw invalidTokenizer(`bad vocabulary, expected each piece once, got "${twice.text}" again`);
  }
  if (!byteFallback) return;
  const missing = Array.from({ length: 256 }, (_, byte) => bytePiece(byte)).find(piece => !ids.has(piece));
  if (missing !== undefined) throw invalidTokenizer(`bad vocabulary, expected all 256 byte pieces, got no ${missing}`);
}

function checkAdded({ content, id }: AddedToken, { pieces }: SentencePieceModel): void {
  checkTokenizerLimit('pieces', id + 1);
  const fits = pieces[id] === undefined || pieces[id].text === content;
  if (content !== '' && Number.isSafeInteger(id) && id >= 0 && fits) return;
  throw invalidTokenizer(
    `bad added token "${content}", expected an id of its own, got ${id}, which is ${pieces[id]?.text ?? 'no id'}`,
  );
}

function createSegmenter({ algorithm, pieces }: SentencePieceModel): Segmenter {
  const textTypes: readonly PieceType[] = ['normal', 'userDefined', 'unused'];
  const entries = pieces.map((piece, id) => ({ ...piece, entry: [piece.text, id] as const }));
  const ofTypes = (types: readonly PieceType[]) =>
    new PieceIndex(entries.filter(({ type }) => types.includes(type)).map(({ entry }) => entry));
  const vocabulary = { pieces, index: ofTypes(textTypes), userDefined: ofTypes(['userDefined']) };
  return algorithm === 'bpe' ? mergePieces(vocabulary) : likeliestPieces(vocabulary);
}

class SentencePieceTokenizer implements Tokenizer {
  readonly bosId: number;
  readonly eosId: number;
  readonly vocabularySize: number;
  readonly #model: SentencePieceModel;
  readonly #texts: string[];
  readonly #ids: Map<string, number>;
  readonly #specialIds: ReadonlySet<number>;
  readonly #unknownId: number;
  readonly #normalize: Normalize;
  readonly #segment: Segmenter;
  /** Where text is cut with control tokens, and without. */
  readonly #added: RegExp | undefined;
  readonly #plainAdded: RegExp | undefined;

  constructor(model: SentencePieceModel, { config, addedTokens = [] }: SentencePieceTokenizerOptions) {
    const { bos_token, eos_token } = checkConfig(config ?? {});
    this.#model = model;
    this.#ids = new Map(model.pieces.map((piece, id) => [piece.text, id]));
    checkPieces(model, this.#ids);
    for (const token of addedTokens) checkAdded(token, model);

    this.#texts = model.pieces.map(piece => piece.text);
    const controls = model.pieces.flatMap(({ text, type }, id) =>
      type === 'control' || type === 'unknown' ? [{ content: text, id, special: true }] : [],
    );
    const added = [...controls, ...addedTokens];
    for (const { content, id } of addedTokens) {
      this.#ids.set(content, id);
      this.#texts[id] = content;
    }
    this.vocabularySize = this.#texts.length;
    this.#specialIds = new Set(added.filter(token => token.special).map(token => token.id));
    this.#added = anyOf(added.map(token => token.content));
    this.#plainAdded = anyOf(added.filter(token => !this.#specialIds.has(token.id)).map(token => token.content));
    this.#unknownId = model.pieces.findIndex(piece => piece.type === 'unknown');
    this.#normalize = textNormalizer(model);
    this.#segment = createSegmenter(model);

    const idOf = (piece: string) => this.tokenId(piece);
    const begin = [contentOf(bos_token), model.bosPiece];
    const end = [contentOf(eos_token), model.eosPiece];
    this.bosId = findControlId({ idOf, name: 'begin-of-sequence', candidates: begin });
    this.eosId = findControlId({ idOf, name: 'end-of-sequence', candidates: end });
  }

  encode(text: string, { bos = false, specials = true }: EncodeOptions = {}): number[] {
    const ids = bos ? [this.bosId] : [];
    const added = specials ? this.#added : this.#plainAdded;
    const parts = added === undefined ? [text] : text.split(added);
    parts.forEach((part, i) => {
      // splitting puts what was matched at the odd places
      if (i % 2 === 1) ids.push(this.#ids.get(part)!);
      else for (const id of this.#encodePlain(part)) ids.push(id);
    });
    return ids;
  }

  decode(ids: readonly number[], { skipSpecial = true }: DecodeOptions = {}): string {
    const pieces: string[] = [];
    for (const id of ids) {
      if (skipSpecial && this.isSpecial(id)) continue;
      pieces.push((this.#texts[id] ?? this.#texts[this.#unknownId]!).replaceAll(spaceMark, ' '));
    }
    const text = (this.#model.byteFallback ? mergeBytePieces(pieces) : pieces).join('');
    return this.#model.normalization.dummyPrefix && text.startsWith(' ') ? text.slice(1) : text;
  }

  isSpecial(id: number): boolean {
    return this.#specialIds.has(id) || this.#texts[id] === undefined;
  }

  tokenId(piece: string): number | undefined {
    return this.#ids.get(piece);
  }

  #encodePlain(text: string): number[] {
    const ids: number[] = [];
    let afterUnknown = false;
    for (const segment of this.#segment(this.#normalize(text))) {
      const bytes = segment.id === undefined && this.#model.byteFallback;
      // a run of characters without a piece is one unknown id
      if (bytes) ids.push(...this.#byteIds(segment));
      else if (segment.id !== undefined || !afterUnknown) ids.push(segment.id ?? this.#unknownId);
      afterUnknown = segment.id === undefined;
    }
    return ids;
  }

  #byteIds({ text }: Segment): number[] {
    return Array.from(Buffer.from(text, 'utf8'), byte => this.#ids.get(bytePiece(byte))!);
  }
}

/**
 * A tokenizer from a vocabulary of sentencepiece's kind, unigram or BPE. BOS and EOS are those `config` names, else
 * those of the model. It reads and writes as the same vocabulary's `tokenizer.json` would: written-out control tokens are
 * control ids unless {@link EncodeOptions.specials} is false, and each stretch of text between two begins anew.
 *
 * @throws `TOKENIZER_INVALID` when the vocabulary is none or has no BOS or EOS, `TOKENIZER_LIMIT` for a map that
 * writes too much
 */
export function createSentencePieceTokenizer(
  model: SentencePieceModel,
  options: SentencePieceTokenizerOptions = {},
): Tokenizer {
  return new SentencePieceTokenizer(model, options);
}
