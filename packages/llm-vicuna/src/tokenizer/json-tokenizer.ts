import { Tokenizer as TokenizerOfLibrary } from '@huggingface/tokenizers';
import { mergeBytePieces } from './byte-fallback.js';
import {
  checkConfig,
  contentOf,
  findControlId,
  invalidTokenizer,
  isRecord,
  type TokenizerConfigFile,
} from './control-tokens.js';
import type { DecodeOptions, EncodeOptions, Tokenizer } from './tokenizer.js';

/** What is used of the library; its own declarations do not resolve under NodeNext and read as `any`. */
interface LibraryTokenizer {
  readonly decoder: ((pieces: readonly string[]) => string) | null;
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: number[] };
  id_to_token(id: number): string | undefined;
  token_to_id(piece: string): number | undefined;
  get_vocab(): ReadonlyMap<string, number>;
}

interface AddedToken {
  readonly content: string;
  readonly id: number;
  readonly special?: boolean;
}

interface TokenizerFile {
  readonly added_tokens?: readonly AddedToken[];
  readonly decoder?: unknown;
  readonly model: { readonly byte_fallback?: boolean; readonly unk_token?: string | null };
  readonly post_processor?: { readonly single?: readonly { readonly SpecialToken?: { readonly id: string } }[] } | null;
}

function checkFile(json: unknown): TokenizerFile {
  if (!isRecord(json) || !isRecord(json['model']) || !isRecord(json['model']['vocab'])) {
    throw invalidTokenizer(
      'not a tokenizer file, expected an object with "model" and "model.vocab", got something else',
    );
  }
  return { added_tokens: [], ...json } as unknown as TokenizerFile;
}

function createLibraryTokenizer(json: object, config: object): LibraryTokenizer {
  try {
    return new TokenizerOfLibrary(json, config) as LibraryTokenizer;
  } catch (error) {
    throw invalidTokenizer(`cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

class JsonTokenizer implements Tokenizer {
  readonly bosId: number;
  readonly eosId: number;
  readonly vocabularySize: number;
  readonly #file: TokenizerFile;
  readonly #config: object;
  readonly #library: LibraryTokenizer;
  readonly #specials: readonly AddedToken[];
  readonly #specialIds: ReadonlySet<number>;
  #plain: LibraryTokenizer | undefined;

  constructor(file: TokenizerFile, config: TokenizerConfigFile) {
    this.#file = file;
    this.#config = config;
    this.#library = createLibraryTokenizer(file, config);
    this.#specials = (file.added_tokens ?? []).filter(token => token.special);
    this.#specialIds = new Set(this.#specials.map(token => token.id));
    this.vocabularySize = [...this.#library.get_vocab().values()].reduce((most, id) => Math.max(most, id + 1), 0);
    const leading = file.post_processor?.single?.[0]?.SpecialToken?.id;
    const idOf = (piece: string) => this.tokenId(piece);
    const begin = [contentOf(config.bos_token), leading, '<s>'];
    const end = [contentOf(config.eos_token), '</s>'];
    this.bosId = findControlId({ idOf, name: 'begin-of-sequence', candidates: begin });
    this.eosId = findControlId({ idOf, name: 'end-of-sequence', candidates: end });
  }

  encode(text: string, { bos = false, specials = true }: EncodeOptions = {}): number[] {
    const library = specials ? this.#library : this.#plainFor(text);
    // BOS by hand: a template of the file may add more than that
    const { ids } = library.encode(text, { add_special_tokens: false });
    return bos ? [this.bosId, ...ids] : ids;
  }

  decode(ids: readonly number[], { skipSpecial = true }: DecodeOptions = {}): string {
    const pieces: string[] = [];
    for (const id of ids) {
      if (skipSpecial && this.isSpecial(id)) continue;
      pieces.push(this.#library.id_to_token(id) ?? this.#file.model.unk_token ?? '');
    }
    const merged = this.#file.model.byte_fallback ? mergeBytePieces(pieces) : pieces;
    return this.#library.decoder ? this.#library.decoder(merged) : merged.join(' ');
  }

  isSpecial(id: number): boolean {
    return this.#specialIds.has(id) || this.#library.id_to_token(id) === undefined;
  }

  tokenId(piece: string): number | undefined {
    return this.#library.token_to_id(piece);
  }

  /** The same tokenizer without control tokens; made once, when a text first holds one, because it costs as much as the first. */
  #plainFor(text: string): LibraryTokenizer {
    if (!this.#specials.some(token => text.includes(token.content))) return this.#library;
    const added = (this.#file.added_tokens ?? []).filter(token => !token.special);
    this.#plain ??= createLibraryTokenizer({ ...this.#file, added_tokens: added }, this.#config);
    return this.#plain;
  }
}

/**
 * A tokenizer from the parsed content of a `tokenizer.json` (the Hugging Face format), read by @huggingface/tokenizers.
 * BOS and EOS are those `config` names, else the one the file's own template begins with, else `<s>` and `</s>`.
 *
 * @throws `TOKENIZER_INVALID` when the content is no tokenizer or has no BOS or EOS.
 */
export function createTokenizer(json: unknown, config: unknown = {}): Tokenizer {
  return new JsonTokenizer(checkFile(json), checkConfig(config));
}
