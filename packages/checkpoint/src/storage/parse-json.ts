import { MiniGPT4Error } from '@minigpt4/core';
import type { CheckpointLimits } from '../limits.js';
import { quote } from '../messages.js';

/** Where JSON comes from and what it may ask for. */
export interface JsonSource {
  /** For messages. */
  readonly path: string;
  /** Levels of objects and lists, one in the other. */
  readonly maxDepth: number;
  readonly limits: Pick<CheckpointLimits, 'jsonValues'>;
}

const quoteMark = 0x22;
const backslash = 0x5c;

/**
 * JSON in UTF-8 from a file of foreign origin.
 * @throws an `Error` whose message reads `expected …, got …`: no UTF-8, no JSON, one object with a key twice
 * (`JSON.parse` would let the last one win), or nesting beyond `maxDepth`; and `CHECKPOINT_LIMIT` for too many values,
 * on which `JSON.parse` would spend minutes and gigabytes.
 */
export function parseJson(bytes: Uint8Array, source: JsonSource): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    checkStructure(text, source);
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof StructureError || cause instanceof MiniGPT4Error) throw cause;
    throw new Error('expected JSON in UTF-8, got something else', { cause });
  }
}

class StructureError extends Error {}

function checkStructure(text: string, source: JsonSource): void {
  const { maxDepth } = source;
  const most = source.limits.jsonValues;
  let values = 0;
  // one set of keys for each open object, undefined for an open list
  const open: (Set<string> | undefined)[] = [];
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      const end = stringEnd(text, i);
      if (expectsKey) addKey(open.at(-1), text.slice(i, end + 1));
      expectsKey = false;
      i = end;
    } else if (character === '{' || character === '[') {
      if (++values > most) throw tooManyValues(source);
      open.push(character === '{' ? new Set() : undefined);
      if (open.length > maxDepth) throw new StructureError(`expected at most ${maxDepth} levels of JSON, got more`);
      expectsKey = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
      expectsKey = false;
    } else if (character === ',') {
      if (++values > most) throw tooManyValues(source);
      expectsKey = open.at(-1) !== undefined;
    }
  }
}

function tooManyValues({ path, limits }: JsonSource): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_LIMIT',
    `${path}: too many values of JSON, expected at most ${limits.jsonValues}, got more. Raise limits.jsonValues if you trust the file.`,
  );
}

function addKey(keys: Set<string> | undefined, literal: string): void {
  // the way through the parser is for the few that have escapes
  const key = literal.includes('\\') ? String(JSON.parse(literal)) : literal.slice(1, -1);
  if (keys?.has(key)) throw new StructureError(`expected each name once, got ${quote(key)} twice`);
  keys?.add(key);
}

function stringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === quoteMark) return i;
    if (character === backslash) i++;
  }
  return text.length;
}
