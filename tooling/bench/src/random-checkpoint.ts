import { open } from 'node:fs/promises';
import { byteSize, elementCount, float32ToFloat16, random } from '@minigpt4/core';
import type { ExpectedTensor } from '@minigpt4/checkpoint';

/**
 * Floats of noise that are written again and again: real sizes, without minutes of random numbers. A prime number, so
 * that no two matrices of real sizes are equal: an engine may keep only one of equal ones.
 */
const noiseElements = 4_194_301;

/** Size of the noise: about that of trained weights, so that no activation overflows. */
const deviation = 0.02;

/** Options of {@link writeRandomCheckpoint}. */
export interface RandomCheckpointOptions {
  /** Defaults to float32. */
  readonly dtype?: 'float32' | 'float16';
  /** What vectors hold: noise, or ones as the scales of norms that have learned nothing. Defaults to noise. */
  readonly vectors?: 'noise' | 'ones';
}

/** Writes a safetensors file with noise for every tensor, a piece at a time: memory stays at some 50 MB. */
export async function writeRandomCheckpoint(
  path: string,
  tensors: readonly ExpectedTensor[],
  { dtype = 'float32', vectors = 'noise' }: RandomCheckpointOptions = {},
): Promise<void> {
  const { normal } = random(7);
  const stored = (values: Float32Array) =>
    new Uint8Array((dtype === 'float32' ? values : float32ToFloat16(values)).buffer);
  const noise = stored(Float32Array.from({ length: noiseElements }, () => deviation * normal()));
  const file = await open(path, 'w');
  try {
    await file.writeFile(header(tensors, dtype));
    let at = 0;
    for (const { shape } of tensors) {
      const length = byteSize(dtype) * elementCount(shape);
      if (shape.length === 1 && vectors === 'ones') {
        await file.writeFile(stored(new Float32Array(elementCount(shape)).fill(1)));
        continue;
      }
      for (let left = length; left > 0; ) {
        const piece = noise.subarray(at, Math.min(at + left, noise.length));
        await file.writeFile(piece);
        left -= piece.length;
        at = (at + piece.length) % noise.length;
      }
    }
  } finally {
    await file.close();
  }
}

function header(tensors: readonly ExpectedTensor[], dtype: 'float32' | 'float16'): Buffer {
  const fields: Record<string, { dtype: string; shape: readonly number[]; data_offsets: [number, number] }> = {};
  let end = 0;
  for (const { name, shape } of tensors) {
    const start = end;
    end += byteSize(dtype) * elementCount(shape);
    fields[name] = { dtype: dtype === 'float32' ? 'F32' : 'F16', shape, data_offsets: [start, end] };
  }
  const json = Buffer.from(JSON.stringify(fields));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded]);
}
