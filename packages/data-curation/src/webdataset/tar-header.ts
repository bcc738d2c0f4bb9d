/** What one 512-byte header block of a tar says. */
export interface TarHeader {
  readonly name: string;
  /** Bytes of the contents that follow, before padding. */
  readonly size: number;
  /** The type flag as it stands: `0` or a zero byte file, `5` folder, `x` extended header, `L` long name, … */
  readonly type: string;
}

const checksumField = { offset: 148, length: 8 };

function text(block: Buffer, offset: number, length: number): string {
  const field = block.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString('utf8');
}

/** Octal digits between blanks, or, for sizes of 8 GiB and more, a big-endian number after a byte 0x80. */
function number(block: Buffer, offset: number, length: number): number {
  if (block[offset] === 0x80) {
    return block.subarray(offset + 1, offset + length).reduce((sum, byte) => sum * 256 + byte, 0);
  }
  const digits = /^[ \0]*([0-7]*)[ \0]/u.exec(`${block.toString('latin1', offset, offset + length)}\0`)?.[1];
  return digits === undefined ? Number.NaN : Number.parseInt(digits || '0', 8);
}

function checksum(block: Buffer): number {
  const { offset, length } = checksumField;
  const sum = (bytes: Buffer) => bytes.reduce((total, byte) => total + byte, 0);
  // the field counts as eight spaces
  return sum(block.subarray(0, offset)) + length * 0x20 + sum(block.subarray(offset + length));
}

/**
 * Reads a header block of the POSIX (ustar) or GNU form; `null` for a block of zeros, undefined for anything that is no header.
 *
 * Follows the "ustar interchange format" of POSIX.1-2017 (pax) and the GNU tar manual's "Basic Tar Format".
 */
export function parseTarHeader(block: Buffer): TarHeader | null | undefined {
  if (block.every(byte => byte === 0)) return null;
  const magic = block.toString('latin1', 257, 265);
  const posix = magic.startsWith('ustar\0');
  if (!posix && magic !== 'ustar  \0') return undefined;
  const size = number(block, 124, 12);
  if (number(block, checksumField.offset, checksumField.length) !== checksum(block) || !Number.isSafeInteger(size)) {
    return undefined;
  }
  const prefix = posix ? text(block, 345, 155) : '';
  const name = prefix === '' ? text(block, 0, 100) : `${prefix}/${text(block, 0, 100)}`;
  return { name, size, type: block.toString('latin1', 156, 157) };
}

/** The fields of an extended header: lines `LENGTH NAME=VALUE`. Reading stops at the first line that is none. */
export function parsePaxFields(bytes: Buffer): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let rest = bytes;
  while (rest.length > 0) {
    const space = rest.indexOf(0x20);
    const length = space > 0 ? Number(rest.toString('latin1', 0, space)) : Number.NaN;
    if (!Number.isSafeInteger(length) || length <= space + 1 || length > rest.length) break;
    const line = rest.toString('utf8', space + 1, length - 1);
    const equals = line.indexOf('=');
    if (equals < 1) break;
    fields.set(line.slice(0, equals), line.slice(equals + 1));
    rest = rest.subarray(length);
  }
  return fields;
}
