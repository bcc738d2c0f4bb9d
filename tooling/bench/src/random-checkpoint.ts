import { open } from 'node:fs/promises';
import { elementCount, random } from '@minigpt4/core';
import type { ExpectedTensor } from '@minigpt4/checkpoint';

/** Floats of noise that are written again and again: real sizes, without minutes of random numbers. */
const noiseElements = 4 << 20;

/** Size of the noise: about that of trained weights, so that no activation overflows. */
const deviation = 0.02;

/** Writes a float32 safetensors file with noise for every tensor, a piece at a time: memory stays at 16 MiB. */
export async function writeRandomCheckpoint(path: string, tensors: readonly ExpectedTensor[]): Promise<void> {
  const { normal } = random(7);
  const noise = Float32Array.from({ length: noiseElements }, () => deviation * normal());
  const bytes = new Uint8Array(noise.buffer);
  const header: Record<string, { dtype: string; shape: readonly number[]; data_offsets: [number, number] }> = {};
  let end = 0;
  for (const { name, shape } of tensors) {
    const start = end;
    end += 4 * elementCount(shape);
    header[name] = { dtype: 'F32', shape, data_offsets: [start, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const file = await open(path, 'w');
  try {
    await file.writeFile(Buffer.concat([length, padded]));
    for (let written = 0; written < end; written += bytes.length) {
      await file.writeFile(bytes.subarray(0, Math.min(bytes.length, end - written)));
    }
  } finally {
    await file.close();
  }
}
