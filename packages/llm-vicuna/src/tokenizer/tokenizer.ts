/** How {@link Tokenizer.encode} reads a text. */
export interface EncodeOptions {
  /** Puts the begin-of-sequence id in front. Defaults to false. */
  readonly bos?: boolean;
  /**
   * Reads control tokens that are written out, such as `<s>`, as control ids, which templates need and the original
   * does. Pass false for text of strangers: the same characters then become plain pieces, never a control id.
   * Defaults to true.
   */
  readonly specials?: boolean;
}

/** How {@link Tokenizer.decode} writes ids. */
export interface DecodeOptions {
  /** Leaves control tokens out. Defaults to true. */
  readonly skipSpecial?: boolean;
}

/** Text to ids and back. */
export interface Tokenizer {
  /** Id that begins a sequence. */
  readonly bosId: number;
  /** Id that ends one. */
  readonly eosId: number;
  /** Number of ids, control tokens included. */
  readonly vocabularySize: number;
  /** Ids of `text`; none for an empty text (but BOS, if asked for). */
  encode(text: string, options?: EncodeOptions): number[];
  /**
   * The text of `ids` as a whole: the space that every sequence of pieces begins with is dropped once at the start.
   * Ids without a piece (rows a model has beyond the tokenizer) read as the unknown token, and go with the control tokens.
   */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /** True for a control token, and for an id without a piece. */
  isSpecial(id: number): boolean;
  /** The id of one piece, written as in the file (`▁a`, `<0x0A>`, `</s>`). */
  tokenId(piece: string): number | undefined;
}
