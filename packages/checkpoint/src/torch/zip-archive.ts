import { MiniGPT4Error } from '@minigpt4/core';
import { type Entry, fromRandomAccessReader, RandomAccessReader, type ZipFile } from 'yauzl';
import type { CheckpointLimits } from '../limits.js';
import { quote } from '../messages.js';
import { CheckedRange } from '../storage/checked-range.js';
import type { ReadableFile } from '../storage/readable-file.js';

/** An uncompressed member of a zip archive. */
export interface ZipMember {
  readonly name: string;
  /** Bytes from the start of the file to its local header. */
  readonly headerOffset: number;
  /** Bytes of its content. */
  readonly length: number;
  /** True when the content is compressed or encrypted, so that its bytes are not the data. */
  readonly packed: boolean;
  /** CRC-32 of its content; 0 where the writer computed none. */
  readonly checksum: number;
}

const localHeaderBytes = 30;
const localSignature = 0x04034b50;

// the directory is asked for in pieces of some 46 bytes
const windowBytes = 64 * 1024;

function corrupt(path: string, reason: string, cause?: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_CORRUPT',
    `${path}: damaged zip container, expected what torch.save writes, got: ${reason}. Copy or download the file again.`,
    { cause },
  );
}

/** Lets yauzl read through our file handle, with a window that is read ahead. */
class ArchiveReader extends RandomAccessReader {
  readonly #file: ReadableFile;
  readonly #fail: (reason: unknown) => void;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;

  constructor(file: ReadableFile, fail: (reason: unknown) => void) {
    super();
    this.#file = file;
    this.#fail = fail;
  }

  // yauzl calls it with these five
  override read(...[buffer, offset, length, position, callback]: Parameters<RandomAccessReader['read']>): void {
    void this.#answer(buffer.subarray(offset, offset + length), position, callback);
  }

  async #answer(target: Buffer, position: number, callback: (error: Error | null, bytesRead: number) => void) {
    try {
      const bytes = await this.#slice(position, target.length);
      callback(null, bytes.copy(target));
    } catch (error) {
      // what yauzl throws in its callback has nowhere else to go
      this.#fail(error);
    }
  }

  async #slice(position: number, length: number): Promise<Buffer> {
    const start = position - this.#windowStart;
    if (start >= 0 && start + length <= this.#window.length) return this.#window.subarray(start, start + length);
    const ahead = Math.max(length, Math.min(windowBytes, this.#file.size - position));
    this.#window = await this.#file.read(position, ahead);
    this.#windowStart = position;
    return this.#window.subarray(0, length);
  }
}

/** The members of a zip archive by name, ZIP64 included. @throws `CHECKPOINT_CORRUPT`, `CHECKPOINT_LIMIT`. */
export async function readZipDirectory(file: ReadableFile, limits: CheckpointLimits): Promise<Map<string, ZipMember>> {
  try {
    return await new Promise((resolve, reject) => {
      const reader = new ArchiveReader(file, reject);
      const options = { autoClose: false, lazyEntries: true };
      fromRandomAccessReader(reader, file.size, options, (error, zip) => {
        if (error) reject(error);
        else if (zip.entryCount > limits.zipEntries) reject(tooManyEntries(file.path, zip.entryCount, limits));
        else collect(zip, resolve, reject);
      });
    });
  } catch (cause) {
    if (cause instanceof MiniGPT4Error) throw cause;
    throw corrupt(file.path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function collect(
  zip: ZipFile,
  resolve: (members: Map<string, ZipMember>) => void,
  reject: (reason: unknown) => void,
): void {
  const members = new Map<string, ZipMember>();
  zip.on('error', reject);
  zip.on('end', () => resolve(members));
  zip.on('entry', (entry: Entry) => {
    const name = entry.fileName;
    if (members.has(name)) reject(new Error(`two entries with the name ${quote(name)}`));
    members.set(name, {
      name,
      headerOffset: entry.relativeOffsetOfLocalHeader,
      length: entry.uncompressedSize,
      packed: entry.compressionMethod !== 0 || entry.isEncrypted(),
      checksum: entry.crc32,
    });
    zip.readEntry();
  });
  zip.readEntry();
}

function tooManyEntries(path: string, got: number, limits: CheckpointLimits): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_LIMIT',
    `${path}: too many zip entries, expected at most ${limits.zipEntries}, got ${got}. Raise limits.zipEntries if you trust the file.`,
  );
}

/**
 * Bytes from the start of the file to a member's content. The local header decides, because its padding differs from the
 * directory's: torch aligns each storage by an extra field there. It has to be that of the member.
 * @throws `CHECKPOINT_UNSUPPORTED` for compressed content (so that nothing inflates), `CHECKPOINT_CORRUPT`.
 */
export async function locateMember(file: ReadableFile, member: ZipMember): Promise<number> {
  const { headerOffset, length, packed } = member;
  if (packed) {
    throw new MiniGPT4Error(
      'CHECKPOINT_UNSUPPORTED',
      `${file.path}: zip entry ${quote(member.name)} is compressed or encrypted, expected it stored as torch.save does, got packed data. Load the file in Python and save it again.`,
    );
  }
  const nameBytes = Buffer.from(member.name);
  const header = await file.read(headerOffset, localHeaderBytes + nameBytes.length);
  const isItsHeader = header.readUInt32LE(0) === localSignature && header.subarray(localHeaderBytes).equals(nameBytes);
  if (!isItsHeader) throw corrupt(file.path, `no local header for ${quote(member.name)}`);
  const start = headerOffset + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (start + length > file.size) throw corrupt(file.path, `${quote(member.name)} ends beyond the end of the file`);
  return start;
}

/** The bytes of a member with its checksum; undefined where it has none. */
export function checkedMember(file: ReadableFile, member: ZipMember, offset: number): CheckedRange | undefined {
  const { name, length, checksum } = member;
  if (checksum === 0) return undefined;
  return new CheckedRange(file, { what: `zip entry ${quote(name)}`, offset, length, checksum });
}

/** A member's content, unchecked. @throws as {@link locateMember}, and `CHECKPOINT_LIMIT` beyond `most` bytes. */
export async function readMember(
  file: ReadableFile,
  member: ZipMember,
  most: number,
): Promise<{ readonly offset: number; readonly bytes: Buffer }> {
  if (member.length > most) {
    throw new MiniGPT4Error(
      'CHECKPOINT_LIMIT',
      `${file.path}: zip entry ${quote(member.name)} too large, expected at most ${most} bytes, got ${member.length}. Raise limits.pickleBytes if you trust the file.`,
    );
  }
  const offset = await locateMember(file, member);
  return { offset, bytes: await file.read(offset, member.length) };
}
