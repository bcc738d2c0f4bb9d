import { MiniGPT4Error } from '@minigpt4/core';

/** Keys and values of a GGUF file, as a reader gives them. */
export type Metadata = ReadonlyMap<string, unknown>;

/** The error for a value that is not what the key should hold. `code` says what cannot be made of it. */
export function unusableValue(
  code: 'CONFIG_INVALID' | 'TOKENIZER_INVALID',
  { key, expected, got }: { readonly key: string; readonly expected: string; readonly got: unknown },
): MiniGPT4Error {
  const shown =
    JSON.stringify(got, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? 'nothing';
  return new MiniGPT4Error(
    code,
    `GGUF metadata: "${key}" is not usable, expected ${expected}, got ${shown.length > 80 ? `${shown.slice(0, 80)}…` : shown}. Use a file of a LLaMA-family model.`,
  );
}

/** A text, or undefined without the key. @throws the error of {@link unusableValue} for something else */
export function optionalText(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key);
  if (value === undefined || typeof value === 'string') return value;
  throw unusableValue('CONFIG_INVALID', { key, expected: 'a text', got: value });
}
