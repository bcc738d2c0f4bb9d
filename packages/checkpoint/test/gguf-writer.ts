/** An unsigned 32-bit field. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** An unsigned 64-bit field. */
export function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

/** A tensor as it stands in a header, right or wrong. */
export interface WrittenTensor {
  readonly name: string;
  /** Fastest one first, as in the file. */
  readonly dimensions: readonly number[];
  readonly type: number;
  readonly data?: Uint8Array;
  /** Bytes from the start of the data. Defaults to the next aligned place. */
  readonly offset?: number;
}

/** Lists of lists, `depth` of them, the innermost one empty: the bytes of a value of type 9. */
export function nested(depth: number): Buffer {
  const inner = Array.from({ length: depth - 1 }, () => Buffer.concat([uint32(9), uint64(1)]));
  return Buffer.concat([...inner, uint32(0), uint64(0)]);
}

/** Writes GGUF files field by field, so that any of them can be wrong. */
export class GgufWriter {
  readonly #keys: Buffer[] = [];
  readonly #tensors: WrittenTensor[] = [];
  #version = 3;
  #counts: readonly [tensors: number, keys: number] | undefined;

  version(version: number): this {
    this.#version = version;
    return this;
  }

  /** Counts that the header claims in place of the true ones. */
  counts(tensors: number, keys: number): this {
    this.#counts = [tensors, keys];
    return this;
  }

  value(key: string, type: number, bytes: Buffer): this {
    this.#keys.push(Buffer.concat([text(key), uint32(type), bytes]));
    return this;
  }

  uint32(key: string, value: number): this {
    return this.value(key, 4, uint32(value));
  }

  string(key: string, value: string): this {
    return this.value(key, 8, text(value));
  }

  tensor(tensor: WrittenTensor): this {
    this.#tensors.push(tensor);
    return this;
  }

  encode(alignment = 32): Buffer {
    const pad = (length: number) => Buffer.alloc((alignment - (length % alignment)) % alignment);
    const entries: Buffer[] = [];
    const data: Buffer[] = [];
    let next = 0;
    for (const tensor of this.#tensors) {
      const { name, dimensions, type, offset = next } = tensor;
      const sizes = dimensions.map(uint64);
      entries.push(Buffer.concat([text(name), uint32(dimensions.length), ...sizes, uint32(type), uint64(offset)]));
      const bytes = Buffer.from(tensor.data ?? []);
      data.push(bytes, pad(bytes.length));
      next += bytes.length + pad(bytes.length).length;
    }
    const [tensorCount, keyCount] = this.#counts ?? [this.#tensors.length, this.#keys.length];
    const start = [Buffer.from('GGUF'), uint32(this.#version), uint64(tensorCount), uint64(keyCount)];
    const header = Buffer.concat([...start, ...this.#keys, ...entries]);
    return Buffer.concat([header, pad(header.length), ...data]);
  }
}
