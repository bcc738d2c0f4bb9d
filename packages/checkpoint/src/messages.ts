import { MiniGPT4Error } from '@minigpt4/core';

const quotedLength = 100;

/** Foreign text made safe and short for an error message: quoted, control characters escaped, cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > quotedLength ? `${text.slice(0, quotedLength)}...` : text);
}

/** The first few of many names, quoted, and how many more there are. */
export function listed(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most).map(quote).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown || 'none';
}

/** The error for a name that the checkpoint lacks. */
export function noSuchTensor(path: string, name: string, names: readonly string[]): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_NO_TENSOR',
    `${path}: no such tensor, expected one of ${listed(names)}, got ${quote(name)}. Take a name from names().`,
  );
}
