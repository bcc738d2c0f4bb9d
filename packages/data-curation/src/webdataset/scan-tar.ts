import { type FileHandle, open } from 'node:fs/promises';
import { brokenSample } from '../skip-report.js';
import { parsePaxFields, parseTarHeader, type TarHeader } from './tar-header.js';
import { truncatedShard } from './stream-tar.js';

/** A file in a tar and where its contents lie. */
export interface ScannedMember {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

const blockBytes = 512;

// a header and the small texts behind it in one read; large pictures are stepped over
const windowBytes = 8192;

// names of files, not data: the longest path a system takes is 4096 bytes
const extendedHeaderBytes = 2 ** 20;

/** Reads blocks of a file through a small window, so that neighbouring headers cost one read. */
function blockReader(file: FileHandle) {
  const window = Buffer.alloc(windowBytes);
  let start = 0;
  let filled = 0;
  return async (offset: number, length: number): Promise<Buffer> => {
    if (length > windowBytes) {
      const bytes = Buffer.alloc(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      return bytes.subarray(0, bytesRead);
    }
    if (offset < start || offset + length > start + filled) {
      start = offset;
      filled = (await file.read(window, 0, windowBytes, offset)).bytesRead;
    }
    return Buffer.from(window.subarray(offset - start, Math.min(offset - start + length, filled)));
  };
}

function padded(size: number): number {
  return Math.ceil(size / blockBytes) * blockBytes;
}

function damaged(shard: string, offset: number, what: string): Error {
  return brokenSample(
    'BAD_SHARD',
    `${shard}: is no tar, or is damaged (${what} at byte ${offset}). What came before is used; copy or download it again.`,
  );
}

/** What headers of the kinds `x` (extended) and `L` (long name) say about the member behind them. */
interface Extension {
  readonly name?: string | undefined;
  readonly size?: number | undefined;
}

function parseExtension(type: string, bytes: Buffer): Extension {
  if (type !== 'x') {
    const end = bytes.indexOf(0);
    return { name: bytes.toString('utf8', 0, end < 0 ? bytes.length : end) };
  }
  const fields = parsePaxFields(bytes);
  const size = fields.get('size');
  return { name: fields.get('path'), size: size === undefined ? undefined : Number.parseInt(size, 10) };
}

/** The headers of a tar in order, each with the offset of its contents and what extended headers changed already put in. */
async function* headers(file: FileHandle, shard: string): AsyncGenerator<TarHeader & { readonly offset: number }> {
  const { size: fileBytes } = await file.stat();
  const read = blockReader(file);
  let extension: Extension = {};
  let atEnd = false;
  for (let offset = 0; offset < fileBytes; ) {
    const block = await read(offset, blockBytes);
    if (block.length < blockBytes) throw truncatedShard(shard);
    const header = parseTarHeader(block);
    if (header === undefined) throw damaged(shard, offset, 'no header');
    offset += blockBytes;
    atEnd = header === null;
    if (header === null) continue;
    const { type } = header;
    if (type === 'x' || type === 'L' || type === 'N') {
      if (header.size > extendedHeaderBytes) throw damaged(shard, offset, 'an extended header of more than 1 MiB');
      const bytes = await read(offset, header.size);
      if (bytes.length < header.size) throw truncatedShard(shard);
      extension = { ...extension, ...parseExtension(type, bytes) };
      offset += padded(header.size);
    } else if (type === 'g' || type === 'K') offset += padded(header.size);
    else {
      const size = type === '5' ? 0 : (extension.size ?? header.size);
      if (!Number.isSafeInteger(size) || size < 0) throw damaged(shard, offset, 'a size that is no number');
      yield { ...header, name: extension.name ?? header.name, size, offset };
      extension = {};
      if (offset + size > fileBytes) throw truncatedShard(shard);
      offset += padded(size);
    }
  }
  if (!atEnd) throw truncatedShard(shard);
}

/**
 * The files in a local tar, found by reading its headers and stepping over the contents.
 *
 * @throws `UNREADABLE_SHARD`, `TRUNCATED_SHARD`, `BAD_SHARD`, after the members that came before; a member cut short is the last.
 */
export async function* scanTar(shard: string): AsyncGenerator<ScannedMember> {
  let file: FileHandle | undefined;
  try {
    file = await open(shard, 'r').catch((error: unknown) => {
      const what = error instanceof Error ? error.message : String(error);
      const text = `${shard}: cannot be read (${what}). Check the path or address, or leave the shard out.`;
      throw brokenSample('UNREADABLE_SHARD', text, { cause: error });
    });
    for await (const { name, type, offset, size } of headers(file, shard)) {
      if (type === '0' || type === '\0' || type === '7') yield { name, offset, length: size };
    }
  } finally {
    await file?.close();
  }
}
