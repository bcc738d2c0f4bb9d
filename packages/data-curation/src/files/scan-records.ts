import type { ByteRange } from './read-file-ranges.js';

/** Finds where the records of a file lie while its bytes pass by. */
export interface RecordScanner {
  readonly records: ByteRange[];
  push(chunk: Uint8Array): void;
  /** To be called after the last byte: what is wrong with the file, or undefined. */
  end(): string | undefined;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openList = 0x5b;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
const lineFeed = 0x0a;
const byteOrderMark = [0xef, 0xbb, 0xbf];

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** One record for each line that is not blank; a byte-order mark is no part of the first. */
export function scanJsonLines(): RecordScanner {
  const records: ByteRange[] = [];
  let position = 0;
  let start = -1;
  let last = -1;
  const close = () => {
    if (start >= 0) records.push({ offset: start, length: last + 1 - start });
    start = -1;
  };
  return {
    records,
    push(chunk) {
      for (const byte of chunk) {
        if (byte === lineFeed) close();
        else if (!isBlank(byte) && byte !== byteOrderMark[position]) {
          if (start < 0) start = position;
          last = position;
        }
        position++;
      }
    },
    end() {
      close();
      return undefined;
    },
  };
}

const listName = 'annotations';

/** Follows nesting and strings of JSON text byte by byte; knows nothing else of the grammar, which `JSON.parse` checks record by record. */
function jsonCursor() {
  const cursor = { depth: 0, inString: false, text: '', key: '' };
  let escaped = false;

  function inside(byte: number): void {
    if (escaped) escaped = false;
    else if (byte === backslash) escaped = true;
    else if (byte === quote) cursor.inString = false;
    // only the names at the top are of interest, and only one that is this short
    else if (cursor.depth === 1 && cursor.text.length <= listName.length) cursor.text += String.fromCharCode(byte);
  }

  function outside(byte: number): void {
    if (byte === quote) {
      cursor.inString = true;
      cursor.text = '';
    } else if (byte === openList || byte === openObject) cursor.depth++;
    else if (byte === closeList || byte === closeObject) cursor.depth--;
    else if (cursor.depth === 1 && byte === colon) cursor.key = cursor.text;
    else if (cursor.depth === 1 && byte === comma) cursor.key = '';
  }

  return { cursor, step: (byte: number) => (cursor.inString ? inside(byte) : outside(byte)) };
}

/** One record for each element of the list at the root, or of the list `annotations` of an object at the root. */
export function scanJsonList(): RecordScanner {
  const records: ByteRange[] = [];
  const { cursor, step } = jsonCursor();
  let position = 0;
  let listDepth = 0; // depth of the list's elements; 0 before it, -1 after it
  let start = -1;
  let last = -1;

  function close(): void {
    if (start >= 0) records.push({ offset: start, length: last + 1 - start });
    start = -1;
  }

  function element(byte: number, atTop: boolean): void {
    if (atTop && cursor.depth < listDepth) {
      close();
      listDepth = -1;
    } else if (atTop && byte === comma) close();
    else if (!isBlank(byte)) {
      if (start < 0) start = position;
      last = position;
    }
  }

  function opensList(byte: number): boolean {
    const outermost = cursor.depth === 1 || (cursor.depth === 2 && cursor.key === listName);
    return byte === openList && !cursor.inString && outermost;
  }

  return {
    records,
    push(chunk) {
      for (const byte of chunk) {
        const atTop = cursor.depth === listDepth && !cursor.inString;
        step(byte);
        if (listDepth > 0) element(byte, atTop);
        else if (listDepth === 0 && opensList(byte)) listDepth = cursor.depth;
        position++;
      }
    },
    end() {
      if (listDepth === 0) return `holds no records, expected a JSON list or an object with "${listName}"`;
      return listDepth > 0
        ? `ends at byte ${position} inside record ${records.length + 1}, expected the end of the list`
        : undefined;
    },
  };
}
