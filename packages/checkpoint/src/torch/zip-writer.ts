import { crc32 } from 'node:zlib';
import { MiniGPT4Error } from '@minigpt4/core';

/** A member of an archive to be written. */
export interface ZipContent {
  readonly name: string;
  readonly content: Uint8Array;
}

/** PyTorch maps storages into memory at this alignment. */
const alignment = 64;

const localHeaderBytes = 30;
const centralHeaderBytes = 46;
const endBytes = 22;

/** Version 0.0 of the format, stored, 1 January 1980: the same content gives the same bytes. */
const midnight = { time: 0, date: 0x21 };

/**
 * The pieces of a zip archive of uncompressed members in the given order, each content at a multiple of 64 bytes as
 * `torch.save` lays them out.
 * @throws `CHECKPOINT_LIMIT` from 4 GiB on: that takes ZIP64, which is not written here.
 */
export function zipArchive(path: string, members: readonly ZipContent[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const { name, content } of members) {
    const checksum = crc32(content);
    const local = localHeader({ name, content, checksum, position });
    parts.push(local, content);
    directory.push(centralHeader({ name, content, checksum, position }));
    position += local.length + content.length;
  }
  const central = Buffer.concat(directory);
  const total = position + central.length + endBytes;
  if (total >= 2 ** 32 || members.length >= 2 ** 16) throw tooLarge(path, total, members.length);
  return [...parts, central, endOfDirectory(members.length, central.length, position)];
}

interface Placed extends ZipContent {
  readonly checksum: number;
  /** Bytes from the start of the archive to the local header. */
  readonly position: number;
}

function localHeader({ name, content, checksum, position }: Placed): Buffer {
  const nameBytes = Buffer.from(name);
  // an extra field of its own kind, at least its four-byte head, fills up to the alignment
  const start = position + localHeaderBytes + nameBytes.length + 4;
  const filling = (alignment - (start % alignment)) % alignment;
  const header = Buffer.alloc(localHeaderBytes);
  header.write('PK\u0003\u0004', 'latin1');
  writeCommonFields(header.subarray(4), { content, checksum });
  header.writeUInt16LE(nameBytes.length, 26);
  header.writeUInt16LE(4 + filling, 28);
  const extra = Buffer.alloc(4 + filling, 'Z');
  extra.write('FB');
  extra.writeUInt16LE(filling, 2);
  return Buffer.concat([header, nameBytes, extra]);
}

function centralHeader({ name, content, checksum, position }: Placed): Buffer {
  const nameBytes = Buffer.from(name);
  const header = Buffer.alloc(centralHeaderBytes);
  header.write('PK\u0001\u0002', 'latin1');
  writeCommonFields(header.subarray(6), { content, checksum });
  header.writeUInt16LE(nameBytes.length, 28);
  header.writeUInt32LE(position, 42);
  return Buffer.concat([header, nameBytes]);
}

/** What both headers hold, from the flags on: stored, time, checksum, size packed and unpacked. */
function writeCommonFields(header: Buffer, { content, checksum }: Pick<Placed, 'content' | 'checksum'>): void {
  header.writeUInt16LE(midnight.time, 6);
  header.writeUInt16LE(midnight.date, 8);
  header.writeUInt32LE(checksum, 10);
  header.writeUInt32LE(content.length, 14);
  header.writeUInt32LE(content.length, 18);
}

function endOfDirectory(count: number, bytes: number, position: number): Buffer {
  const end = Buffer.alloc(endBytes);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(position, 16);
  return end;
}

function tooLarge(path: string, bytes: number, members: number): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_LIMIT',
    `${path}: too large for a torch file, expected less than 4 GiB and 65536 tensors, got ${bytes} bytes and ${members} entries. Write safetensors instead.`,
  );
}
