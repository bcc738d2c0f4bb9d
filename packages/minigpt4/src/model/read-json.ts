import { readFile, stat } from 'node:fs/promises';
import { MiniGPT4Error } from '@minigpt4/core';

/** A parsed JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** The largest `config.json` that is read: real ones have a few kilobytes. */
const maxConfigBytes = 1 << 20;

/** A small JSON object from disk. @throws `CONFIG_INVALID` when it is missing, too large or no JSON object */
export async function readJson(path: string): Promise<Json> {
  const fail = (got: string, cause?: unknown) =>
    new MiniGPT4Error('CONFIG_INVALID', `${path}: not usable, expected a JSON object, got ${got}. Check the file.`, {
      cause,
    });
  const size = await stat(path).then(
    found => found.size,
    (cause: unknown) => {
      throw fail('no readable file', cause);
    },
  );
  if (size > maxConfigBytes) throw fail(`${size} bytes`);
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Json;
  } catch (cause) {
    throw fail('broken JSON', cause);
  }
  throw fail('another JSON value');
}
