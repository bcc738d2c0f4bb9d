import { MiniGPT4Error } from '@minigpt4/core';

// file systems take 255 bytes; the rest is for the ending and for a temporary name
const longestName = 200;

function escaped(character: string): string {
  const hex = (byte: number) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return [...Buffer.from(character)].map(hex).join('');
}

/**
 * A file name without folder and dot for a sample's key; the same key always gives the same name and different keys different names:
 * dots, slashes and whatever a file system may refuse become %XX, as does the percent sign.
 *
 * @throws `INVALID_KEY` for an empty key or a name of more than 200 bytes.
 */
export function keyToFileName(key: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const name = key.replaceAll(/[\u0000-\u001f\u007f%./\\<>:"|?*]/gu, escaped);
  const bytes = Buffer.byteLength(name);
  if (bytes >= 1 && bytes <= longestName) return name;
  throw new MiniGPT4Error(
    'INVALID_KEY',
    `key ${JSON.stringify(key.slice(0, 60))}: cannot name a file, expected 1 to ${longestName} bytes, got ${bytes}. Give the sample a shorter key.`,
  );
}

/** {@link keyToFileName} for a member of a tar, where the slashes between non-empty steps stay. */
export function keyToMemberName(key: string): string {
  const steps = key.split('/');
  return steps.includes('') ? keyToFileName(key) : steps.map(keyToFileName).join('/');
}
