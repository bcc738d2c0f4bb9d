/** A value of GGUF metadata, with its type where JavaScript does not tell. */
export type GgufField =
  | string
  | { readonly uint32: number }
  | { readonly float32: number }
  | { readonly strings: readonly string[] }
  | { readonly float32s: readonly number[] }
  | { readonly int32s: readonly number[] };

/** Kinds of tensors that are written: GGML's number for them, and bytes of a block of elements. */
export const ggufTypes = {
  F32: { id: 0, blockElements: 1, blockBytes: 4 },
  Q4_0: { id: 2, blockElements: 32, blockBytes: 18 },
} as const;

/** A tensor as the header announces it. */
export interface GgufTensor {
  readonly name: string;
  /** Row-major, as everywhere else; the file has it the other way round. */
  readonly shape: readonly number[];
  readonly type: keyof typeof ggufTypes;
}

/** Every tensor begins at a multiple of this. */
const alignment = 32;

/** Bytes of a tensor's elements. */
export function ggufBytes({ shape, type }: GgufTensor): number {
  const { blockElements, blockBytes } = ggufTypes[type];
  return (shape.reduce((product, size) => product * size, 1) / blockElements) * blockBytes;
}

/** Zeros that fill up what is `length` long. */
export function ggufPadding(length: number): Buffer {
  return Buffer.alloc((alignment - (length % alignment)) % alignment);
}

/** Everything in a GGUF file (version 3) before the elements: metadata, and where each tensor begins. */
export function ggufHeader(fields: Readonly<Record<string, GgufField>>, tensors: readonly GgufTensor[]): Buffer {
  const keys = Object.entries(fields).map(([key, value]) => Buffer.concat([text(key), encoded(value)]));
  let offset = 0;
  const places = tensors.map(tensor => {
    const { name, shape, type } = tensor;
    const place = [text(name), uint32(shape.length), ...shape.toReversed().map(uint64), uint32(ggufTypes[type].id)];
    const entry = Buffer.concat([...place, uint64(offset)]);
    const bytes = ggufBytes(tensor);
    offset += bytes + ggufPadding(bytes).length;
    return entry;
  });
  const start = [Buffer.from('GGUF'), uint32(3), uint64(tensors.length), uint64(keys.length)];
  const header = Buffer.concat([...start, ...keys, ...places]);
  return Buffer.concat([header, ggufPadding(header.length)]);
}

function encoded(value: GgufField): Buffer {
  if (typeof value === 'string') return Buffer.concat([uint32(8), text(value)]);
  if ('uint32' in value) return Buffer.concat([uint32(4), uint32(value.uint32)]);
  if ('float32' in value) return Buffer.concat([uint32(6), Buffer.from(Float32Array.of(value.float32).buffer)]);
  if ('strings' in value) return list(8, value.strings.length, Buffer.concat(value.strings.map(text)));
  if ('float32s' in value) return list(6, value.float32s.length, Buffer.from(Float32Array.from(value.float32s).buffer));
  return list(5, value.int32s.length, Buffer.from(Int32Array.from(value.int32s).buffer));
}

function list(type: number, count: number, elements: Buffer): Buffer {
  return Buffer.concat([uint32(9), uint32(type), uint64(count), elements]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  return Buffer.from(Uint32Array.of(value).buffer);
}

function uint64(value: number): Buffer {
  return Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
}
