import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** Pickle operations, protocol 2, as `torch.save` uses them. */
export const operations = {
  /** A whole pickle. */
  pickle: (...parts: readonly Buffer[]) => Buffer.concat([Buffer.from([0x80, 2]), ...parts, Buffer.from('.')]),
  global: (module: string, name: string) => Buffer.from(`c${module}\n${name}\n`),
  text(value: string) {
    const bytes = Buffer.from(value);
    const head = Buffer.from('X\0\0\0\0');
    head.writeUInt32LE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  },
  integer(value: number) {
    const bytes = Buffer.from('\x8a\x08\0\0\0\0\0\0\0\0', 'latin1');
    bytes.writeBigInt64LE(BigInt(value), 2);
    return bytes;
  },
  tuple: (...items: readonly Buffer[]) => Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]),
  dictionary: (...items: readonly Buffer[]) => Buffer.concat([Buffer.from('}('), ...items, Buffer.from('u')]),
  list: (...items: readonly Buffer[]) => Buffer.concat([Buffer.from(']('), ...items, Buffer.from('e')]),
  call: (callee: Buffer, values: Buffer) => Buffer.concat([callee, values, Buffer.from('R')]),
  raw: (bytes: string) => Buffer.from(bytes, 'latin1'),
};

const { call, global, integer, raw, text, tuple } = operations;

/** What a tensor's pickle says. */
export interface TensorClaims {
  readonly type?: string;
  readonly key?: string;
  /** Elements of the storage. */
  readonly count: number;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** The pickle of a tensor with whatever claims, true or not. */
export function tensor({ type = 'FloatStorage', key = '0', count, offset = 0, shape, strides }: TensorClaims): Buffer {
  const storage = tuple(text('storage'), global('torch', type), text(key), text('cpu'), integer(count));
  const sizes = (values: readonly number[]) => tuple(...values.map(integer));
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    tuple(Buffer.concat([storage, raw('Q')]), integer(offset), sizes(shape), sizes(strides), raw('\x89'), raw('}')),
  );
}

/** A member of an archive: its content, or only the end of a long one, before which the file is sparse. */
export interface ArchiveMember {
  readonly name: string;
  readonly content: Buffer;
  /** Bytes in all. Defaults to those of `content`. */
  readonly length?: number;
}

/** Writes a ZIP64 archive of stored members, the way `torch.save` does. */
export async function writeArchive(path: string, members: readonly ArchiveMember[]): Promise<void> {
  const file = await open(path, 'w');
  const directory: Buffer[] = [];
  let position = 0;
  for (const { name, content, length = content.length } of members) {
    const local = Buffer.concat([localHeader(name, content, length), Buffer.from(name), extra([length, length])]);
    await file.write(local, 0, local.length, position);
    directory.push(Buffer.concat([centralHeader(name, content), Buffer.from(name), extra([length, length, position])]));
    position += local.length + length;
    await file.write(content, 0, content.length, position - content.length);
  }
  const central = Buffer.concat(directory);
  const end = Buffer.concat([central, endRecords(members.length, central.length, position)]);
  await file.write(end, 0, end.length, position);
  await file.close();
}

function localHeader(name: string, content: Buffer, length: number): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(45, 4);
  if (length === content.length) header.writeUInt32LE(crc32(content), 14);
  header.writeUInt32LE(0xffffffff, 18);
  header.writeUInt32LE(0xffffffff, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(20, 28);
  return header;
}

function centralHeader(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(45, 4);
  header.writeUInt16LE(45, 6);
  header.writeUInt32LE(crc32(content), 16);
  header.writeUInt32LE(0xffffffff, 20);
  header.writeUInt32LE(0xffffffff, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(28, 30);
  header.writeUInt32LE(0xffffffff, 42);
  return header;
}

function extra(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return field;
}

function endRecords(entries: number, size: number, offset: number): Buffer {
  const records = Buffer.alloc(56 + 20 + 22);
  records.writeUInt32LE(0x06064b50, 0);
  records.writeBigUInt64LE(44n, 4);
  records.writeBigUInt64LE(BigInt(entries), 24);
  records.writeBigUInt64LE(BigInt(entries), 32);
  records.writeBigUInt64LE(BigInt(size), 40);
  records.writeBigUInt64LE(BigInt(offset), 48);
  records.writeUInt32LE(0x07064b50, 56);
  records.writeBigUInt64LE(BigInt(offset + size), 64);
  records.writeUInt32LE(1, 72);
  records.writeUInt32LE(0x06054b50, 76);
  records.fill(0xff, 84, 96);
  return records;
}
