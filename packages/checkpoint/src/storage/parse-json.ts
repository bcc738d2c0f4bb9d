import { quote } from '../messages.js';

const quoteMark = 0x22;
const backslash = 0x5c;

/**
 * JSON in UTF-8 from a file of foreign origin.
 * @throws an `Error` whose message reads `expected …, got …`: no UTF-8, no JSON, one object with a key twice
 * (`JSON.parse` would let the last one win), or nesting beyond `maxDepth` (on which `JSON.parse` would spend memory).
 */
export function parseJson(bytes: Uint8Array, maxDepth: number): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    checkStructure(text, maxDepth);
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof StructureError) throw cause;
    throw new Error('expected JSON in UTF-8, got something else', { cause });
  }
}

class StructureError extends Error {}

function checkStructure(text: string, maxDepth: number): void {
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
      open.push(character === '{' ? new Set() : undefined);
      if (open.length > maxDepth) throw new StructureError(`expected at most ${maxDepth} levels of JSON, got more`);
      expectsKey = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
      expectsKey = false;
    } else if (character === ',') {
      expectsKey = open.at(-1) !== undefined;
    }
  }
}

function addKey(keys: Set<string> | undefined, literal: string): void {
  const key = String(JSON.parse(literal));
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
