import { global, int, keep, kept, legacyFile, raw, storage, tensor, text, tuple } from './pickle-bytes.js';

/** A file that is made to cost its reader dear, or to fool him. */
export interface HostileFile {
  /** What it tries. */
  readonly name: string;
  /** Ending of its name, which tells an index from the rest. */
  readonly ending: string;
  readonly make: () => Buffer;
}

const mebibyte = 2 ** 20;
const nothing = Buffer.alloc(0);

/** As many repetitions of `unit` between `head` and `tail` as fit the most that is read. */
function filled(bytes: number, unit: Buffer, head: Buffer = nothing, tail: Buffer = nothing): Buffer {
  const count = Math.floor((bytes - 1024 - head.length - tail.length) / unit.length);
  return Buffer.concat([head, Buffer.alloc(count * unit.length, unit), tail]);
}

const pickled = (name: string, make: () => Buffer): HostileFile => ({
  name: `pickle: ${name}`,
  ending: '.pth',
  make: () => legacyFile(make()),
});
const repeated = (name: string, unit: Buffer, head?: Buffer): HostileFile =>
  pickled(name, () => filled(16 * mebibyte, unit, head));

const sizes64 = tuple(...Array.from({ length: 64 }, () => int(1)));
const huge = tuple(...Array.from({ length: 40 }, () => int(2 ** 31 - 1)), int(0));
const zeros41 = tuple(...Array.from({ length: 41 }, () => int(0)));
// thirty lists, each of which holds the last one twice: written out, a billion items
const endless = Buffer.concat([raw(']'), ...Array.from({ length: 30 }, () => raw('q\x01](h\x01h\x01e'))]);
const named = (value: Buffer): Buffer => Buffer.concat([raw('}'), text('x'), value, raw('s')]);
const orderedDictionary = Buffer.concat([global('collections', 'OrderedDict'), keep(1)]);

const pickles: readonly HostileFile[] = [
  repeated('dictionaries', raw('}')),
  repeated('lists', raw(']')),
  repeated('marks', raw('(')),
  repeated('long integers', Buffer.concat([raw('\x8a\x40'), Buffer.alloc(64, 0x5a)])),
  repeated('short integers', Buffer.from([0x8a, 1, 5])),
  repeated('integers as text', raw('I1\n')),
  repeated('byte strings', raw('C\0')),
  repeated('long texts', Buffer.concat([raw('X\xfc\x03\0\0'), Buffer.alloc(1020, 'x')])),
  repeated('short texts', raw('U\x01a')),
  repeated('names of Python', global('torch', 'float16')),
  repeated('storages', Buffer.concat([kept(1), raw('Q')]), storageReference()),
  repeated(
    'sizes',
    Buffer.concat([kept(1), kept(2), raw('\x85R')]),
    Buffer.concat([global('torch', 'Size'), keep(1), sizes64, keep(2)]),
  ),
  repeated('ordered dictionaries', Buffer.concat([kept(1), raw(')R')]), orderedDictionary),
  repeated('tensors of 64 dimensions', Buffer.concat([kept(1), kept(2), raw('R')]), manyTensors()),
  pickled('the same pairs again and again', () => {
    const pairs = Array.from({ length: 50_000 }, (_, i) => Buffer.concat([int(i), raw('N\x86')]));
    const list = Buffer.concat([raw(']('), ...pairs, raw('e'), keep(2)]);
    return filled(
      16 * mebibyte,
      Buffer.concat([kept(1), kept(2), raw('\x85R')]),
      Buffer.concat([orderedDictionary, list]),
    );
  }),
  pickled('numbered memory', () =>
    Buffer.concat([raw('N'), ...Array.from({ length: 2_000_000 }, (_, i) => memory(i * 1999))]),
  ),
  pickled('a terabyte by stride 0', () => named(tensor(tuple(int(2 ** 30), int(256)), tuple(int(0), int(0))))),
  pickled('sizes that multiply to infinity', () => named(tensor(huge, zeros41))),
  pickled('Python code', () => Buffer.concat([global('os', 'system'), tuple(text('true')), raw('R')])),
  {
    name: 'pickle: a key of a billion items',
    ending: '.pth',
    make: () => legacyFile(named(tensor(tuple(int(4)), tuple(int(1)))), Buffer.concat([raw(']'), endless, raw('a')])),
  },
];

function storageReference(): Buffer {
  return Buffer.concat([storage.subarray(0, -1), keep(1)]);
}

function manyTensors(): Buffer {
  const values = tuple(storage, int(0), sizes64, sizes64, raw('\x89'), raw('}'));
  return Buffer.concat([global('torch._utils', '_rebuild_tensor_v2'), keep(1), values, keep(2)]);
}

function memory(slot: number): Buffer {
  const bytes = raw('r\0\0\0\0');
  bytes.writeUInt32LE(slot % 2 ** 32, 1);
  return bytes;
}

const headerBytes = 32 * mebibyte;

const headers: Readonly<Record<string, () => Buffer>> = {
  objects: () => Buffer.from(`{${Array.from({ length: 2_500_000 }, (_, i) => `"${i.toString(36)}":{}`).join(',')}}`),
  numbers: () => filled(headerBytes, raw('1,'), raw('{"a":['), raw('1]}')),
  lists: () => filled(headerBytes, raw('[],'), raw('{"a":['), raw('1]}')),
  levels: () => filled(headerBytes, raw('{"a":')),
  'a long name': () => filled(headerBytes, raw('x'), raw('{"'), raw('":1}')),
  spaces: () => filled(headerBytes, raw(' '), raw('{"a":'), raw('1}')),
};

function safetensorsFile(header: Buffer, length = BigInt(header.length)): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length);
  return Buffer.concat([size, header]);
}

const safetensors: readonly HostileFile[] = [
  ...Object.entries(headers).map(([name, make]) => ({
    name: `safetensors: ${name}`,
    ending: '.safetensors',
    make: () => safetensorsFile(make()),
  })),
  {
    name: 'safetensors: an endless header',
    ending: '.safetensors',
    make: () => safetensorsFile(raw('{"a":1}'), 2n ** 63n),
  },
];

const weightMap = (entries: readonly (readonly [string, string])[]): Buffer =>
  Buffer.from(JSON.stringify({ weight_map: Object.fromEntries(entries) }));

const indexes: readonly HostileFile[] = [
  ...Object.entries(headers).map(([name, make]) => ({ name: `index: ${name}`, ending: '.index.json', make })),
  ...['../x', '/x', '..\\x', 'C:x', 'a\0b'].map(shard => ({
    name: `index: shard ${JSON.stringify(shard)}`,
    ending: '.index.json',
    make: () => weightMap([['a', shard]]),
  })),
  {
    name: 'index: thousands of shards',
    ending: '.index.json',
    make: () => weightMap(Array.from({ length: 20_000 }, (_, i) => [`t${i}`, `s${i}`])),
  },
];

function ggufFile(tensors: bigint, keys: bigint, body: Buffer): Buffer {
  const head = raw('GGUF\x03\0\0\0                ');
  head.writeBigUInt64LE(tensors, 8);
  head.writeBigUInt64LE(keys, 16);
  return Buffer.concat([head, body]);
}

/** A key `k` whose value is a list of `count` elements of a type, filled with one byte. */
function ggufList(type: number, count: number, bytes: number, fill: number): Buffer {
  const head = raw('\x01\0\0\0\0\0\0\0k\x09\0\0\0            ');
  head.writeUInt32LE(type, 13);
  head.writeBigUInt64LE(BigInt(count), 17);
  return ggufFile(0n, 1n, Buffer.concat([head, Buffer.alloc(count * bytes, fill)]));
}

const ggufs: Readonly<Record<string, () => Buffer>> = {
  'large numbers': () => ggufList(10, 1_999_999, 8, 0x7f),
  'empty texts': () => ggufList(8, 1_999_999, 8, 0),
  'empty lists': () => ggufList(9, 1_999_999, 12, 0),
  'too many elements': () => ggufList(0, 16 * mebibyte, 1, 1),
  '2^62 tensors': () => ggufFile(2n ** 62n, 0n, Buffer.alloc(64)),
  '2^62 keys': () => ggufFile(0n, 2n ** 62n, Buffer.alloc(64)),
};

/** Everything that somebody might try. */
export const hostileFiles: readonly HostileFile[] = [
  ...pickles,
  ...safetensors,
  ...indexes,
  ...Object.entries(ggufs).map(([name, make]) => ({ name: `GGUF: ${name}`, ending: '.gguf', make })),
];
