import { MiniGPT4Error } from '@minigpt4/core';

/** A token as `tokenizer_config.json` names it. */
export type ConfigToken = string | { readonly content: string } | null;

/** What is used of a `tokenizer_config.json`. */
export interface TokenizerConfigFile {
  readonly bos_token?: ConfigToken;
  readonly eos_token?: ConfigToken;
}

/** The error of everything that is no tokenizer. */
export function invalidTokenizer(what: string, cause?: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'TOKENIZER_INVALID',
    `createTokenizer: ${what}. Use the tokenizer.json or tokenizer.model (and tokenizer_config.json) that came with the model.`,
    { cause },
  );
}

/** True for an object that is no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws `TOKENIZER_INVALID` when it is no object */
export function checkConfig(config: unknown): TokenizerConfigFile {
  if (isRecord(config)) return config;
  throw invalidTokenizer(`bad configuration, expected an object, got ${typeof config}`);
}

/** The text of a token in either spelling. */
export function contentOf(token: ConfigToken | undefined): string | undefined {
  return typeof token === 'string' ? token : token?.content;
}

/** What {@link findControlId} looks for. */
export interface ControlTokenSearch {
  readonly idOf: (piece: string) => number | undefined;
  /** What the token does, for the error. */
  readonly name: string;
  /** Pieces to try, best first. */
  readonly candidates: readonly (string | undefined)[];
}

/** The id of the first candidate that the vocabulary knows. @throws `TOKENIZER_INVALID` when it knows none */
export function findControlId({ idOf, name, candidates }: ControlTokenSearch): number {
  for (const candidate of candidates) {
    const id = candidate === undefined ? undefined : idOf(candidate);
    if (id !== undefined) return id;
  }
  const tried = candidates.filter(candidate => candidate !== undefined).join(', ');
  throw invalidTokenizer(`no ${name} token, expected one named in the configuration or ${tried}, got none of them`);
}
