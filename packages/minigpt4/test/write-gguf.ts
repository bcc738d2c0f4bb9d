import { writeFile } from 'node:fs/promises';
import type { HostTensor } from '@minigpt4/core';

/** A value of GGUF metadata; whole numbers are written as 32-bit integers, others as single-precision numbers. */
export type WrittenValue = string | number | boolean | readonly string[] | readonly number[];

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function typed(value: WrittenValue): { type: number; bytes: Buffer } {
  if (typeof value === 'string') return { type: 8, bytes: text(value) };
  if (typeof value === 'boolean') return { type: 7, bytes: Buffer.from([Number(value)]) };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { type: 4, bytes: uint32(value) } : { type: 6, bytes: float32(value) };
  }
  // lists of numbers are single-precision, so that one of scores and one of kinds are written alike
  const elements = value.map(element => (typeof element === 'string' ? text(element) : float32(element)));
  const type = typeof value[0] === 'string' ? 8 : 6;
  return { type: 9, bytes: Buffer.concat([uint32(type), uint64(value.length), ...elements]) };
}

const tensorTypes: Readonly<Record<string, number>> = { float32: 0, float16: 1 };
const alignment = 32;
const padding = (length: number) => Buffer.alloc((alignment - (length % alignment)) % alignment);

/** Writes a GGUF file of float32 and float16 tensors. */
export async function writeGguf(
  path: string,
  metadata: Readonly<Record<string, WrittenValue>>,
  tensors: Readonly<Record<string, HostTensor>>,
): Promise<void> {
  const keys = Object.entries(metadata).map(([key, value]) => {
    const { type, bytes } = typed(value);
    return Buffer.concat([text(key), uint32(type), bytes]);
  });
  const entries: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const dimensions = tensor.shape.toReversed().map(uint64);
    const type = uint32(tensorTypes[tensor.dtype]!);
    entries.push(Buffer.concat([text(name), uint32(dimensions.length), ...dimensions, type, uint64(offset)]));
    const bytes = Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
    data.push(bytes, padding(bytes.length));
    offset += bytes.length + padding(bytes.length).length;
  }
  const start = Buffer.concat([Buffer.from('GGUF'), uint32(3), uint64(entries.length), uint64(keys.length)]);
  const header = Buffer.concat([start, ...keys, ...entries]);
  await writeFile(path, Buffer.concat([header, padding(header.length), ...data]));
}
