/** One value of a protobuf message, read as what the caller knows it to be; any other wire type is refused. */
export interface FieldValue {
  /** An integer, an enum or a truth value; negative ones as two's complement of 64 bits. */
  integer(): number;
  /** A single-precision number. */
  float(): number;
  /** Bytes, or a message of its own; a view, not a copy. */
  bytes(): Uint8Array;
  /** Text in UTF-8. */
  text(): string;
}

/** What to do with each field that is wanted, by its number; other fields are passed over. */
export type FieldReaders = Readonly<Record<number, (value: FieldValue) => void>>;

/** Turns a finding into the error to throw. */
export type ProtobufError = (what: string) => Error;

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class Cursor {
  position = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly error: ProtobufError,
  ) {}

  varint(): number {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.take(1)[0]!;
      if (shift === 0n && byte < 0x80) return byte;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw this.error(`a number longer than 10 bytes ends at byte ${this.position}`);
  }

  take(count: number): Uint8Array {
    const start = this.position;
    if (count < 0 || count > this.bytes.length - start) {
      throw this.error(`it is cut: ${count} bytes wanted at byte ${start} of ${this.bytes.length}`);
    }
    this.position = start + count;
    return this.bytes.subarray(start, this.position);
  }
}

class WireValue implements FieldValue {
  constructor(
    private readonly field: number,
    private readonly wireType: number,
    private readonly value: number | Uint8Array,
    private readonly error: ProtobufError,
  ) {}

  integer(): number {
    if (typeof this.value === 'number') return this.value;
    throw this.#unexpected(varint);
  }

  float(): number {
    const bytes = this.#payload(fixed32);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
  }

  bytes(): Uint8Array {
    return this.#payload(lengthDelimited);
  }

  text(): string {
    try {
      return utf8.decode(this.bytes());
    } catch (cause) {
      if (cause instanceof TypeError) throw this.error(`field ${this.field} is not UTF-8`);
      throw cause;
    }
  }

  #payload(wireType: number): Uint8Array {
    if (this.wireType === wireType && typeof this.value !== 'number') return this.value;
    throw this.#unexpected(wireType);
  }

  #unexpected(wireType: number): Error {
    return this.error(`field ${this.field} has wire type ${this.wireType}, expected ${wireType}`);
  }
}

function payload(cursor: Cursor, field: number, wireType: number): number | Uint8Array {
  if (wireType === varint) return cursor.varint();
  if (wireType === lengthDelimited) return cursor.take(cursor.varint());
  if (wireType === fixed32) return cursor.take(4);
  if (wireType === fixed64) return cursor.take(8);
  throw cursor.error(`field ${field} has the unknown wire type ${wireType}`);
}

/**
 * Goes through the fields of one protobuf message in their order, without keeping any: memory is what the readers keep
 * (protobuf's encoding guide; groups, which were dropped from the format, are refused).
 */
export function readFields(bytes: Uint8Array, readers: FieldReaders, error: ProtobufError): void {
  const cursor = new Cursor(bytes, error);
  while (cursor.position < bytes.length) {
    const tag = cursor.varint();
    const field = Math.floor(tag / 8);
    const wireType = tag & 7;
    if (field < 1 || field >= 2 ** 29) throw error(`field number ${field} is out of range`);
    const value = payload(cursor, field, wireType);
    readers[field]?.(new WireValue(field, wireType, value, error));
  }
}
