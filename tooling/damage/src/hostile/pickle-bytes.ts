/** Operations of protocol 2 by the letters that stand for them. */
export const raw = (letters: string): Buffer => Buffer.from(letters, 'latin1');

/** Keeps the top of the stack under a number below 256. */
export const keep = (slot: number): Buffer => Buffer.from([0x71, slot]);

/** Pushes what {@link keep} has kept. */
export const kept = (slot: number): Buffer => Buffer.from([0x68, slot]);

/** A text of less than 256 bytes. */
export const text = (value: string): Buffer => Buffer.concat([Buffer.from([0x55, value.length]), raw(value)]);

/** A whole number of 32 bits. */
export function int(value: number): Buffer {
  const bytes = raw('J\0\0\0\0');
  bytes.writeInt32LE(value, 1);
  return bytes;
}

/** Items in a tuple. */
export const tuple = (...items: readonly Buffer[]): Buffer => Buffer.concat([raw('('), ...items, raw('t')]);

/** A name of Python. */
export const global = (module: string, name: string): Buffer => raw(`c${module}\n${name}\n`);

/** A storage of four numbers under the key `0`. */
export const storage = Buffer.concat([
  tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), int(4)),
  raw('Q'),
]);

/** A tensor on {@link storage} with whatever sizes and strides. */
export function tensor(sizes: Buffer, strides: Buffer): Buffer {
  const values = tuple(storage, int(0), sizes, strides, raw('\x89'), raw('}'));
  return Buffer.concat([global('torch._utils', '_rebuild_tensor_v2'), values, raw('R')]);
}

const pickle = (body: Buffer): Buffer => Buffer.concat([raw('\x80\x02'), body, raw('.')]);

const start = Buffer.concat([
  pickle(raw('\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19')),
  pickle(int(1001)),
  pickle(Buffer.concat([raw('}'), text('little_endian'), raw('\x88s')])),
]);

/** A file of PyTorch's old format whose object is `body`, with the storage `0` or the keys given. */
export function legacyFile(body: Buffer, keys: Buffer = Buffer.concat([raw(']'), text('0'), raw('a')])): Buffer {
  const data = Buffer.alloc(8 + 16);
  data.writeBigUInt64LE(4n);
  return Buffer.concat([start, pickle(body), pickle(keys), data]);
}
