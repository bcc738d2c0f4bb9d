import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors, type Checkpoint, type PendingTensor } from '@minigpt4/checkpoint';
import { asFloat32, isMiniGPT4Error, MiniGPT4Error, type HostTensor } from '@minigpt4/core';
import { matrixFormats, type Matrix } from './matrix-formats.js';
import { rememberedDigest, type MatrixFormats } from './weights-digest.js';

/** Where copies of weights are kept unless a folder is given: in the user's cache (`XDG_CACHE_HOME`). */
export function defaultWeightFolder({ XDG_CACHE_HOME: cache }: NodeJS.ProcessEnv = process.env): string {
  return join(cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache'), 'minigpt4', 'weights');
}

/** Options of {@link quantizedCopy}. */
export interface QuantizeOptions {
  /** The matrices to copy, each (outputs, inputs), and how; for `int4` the inputs must be a multiple of 32. */
  readonly formats: MatrixFormats;
  /** Where the copy is kept. Defaults to {@link defaultWeightFolder}. */
  readonly folder?: string;
  /** Is told how far a copy is, a short line for each tenth. Defaults to nobody. */
  readonly onProgress?: (message: string) => void;
}

/**
 * A copy of matrices in fewer bits: a safetensors file named after the digest of the weights, made where it is not there
 * yet, tensor by tensor, so that one matrix is in memory at a time. All weights are read once to know the digest, which is
 * then remembered beside the copies for as long as the files are unchanged.
 * A matrix `name` is written as `name.scales`, `name.rows_0` and so on, as its format has it.
 *
 * @throws errors of reading the weights, and `CHECKPOINT_WRITE` when the disk is full or the folder cannot be written
 */
export async function quantizedCopy(checkpoint: Checkpoint, options: QuantizeOptions): Promise<Checkpoint> {
  const { formats, folder = defaultWeightFolder(), onProgress } = options;
  await makeFolder(folder);
  const path = join(folder, `${await rememberedDigest(checkpoint, formats, folder)}.safetensors`);
  const existing = await openIfThere(path);
  if (existing !== undefined) return existing;
  const tell = tenths(formats.size, onProgress);
  const read = keepingLast(async name => {
    tell();
    return matrixOf(await checkpoint.read(name));
  });
  const tensors: Record<string, PendingTensor> = {};
  for (const [name, format] of formats) {
    const [outputs, inputs] = checkpoint.info(name)!.shape as [number, number];
    for (const [part, { dtype, shape, make }] of Object.entries(matrixFormats[format](outputs, inputs))) {
      tensors[`${name}.${part}`] = { dtype, shape, data: async () => make(await read(name)) };
    }
  }
  await writeSafetensors(path, tensors);
  return openCheckpoint(path);
}

/** Counts matrices and tells of each tenth of them; formats of several parts read some twice, and are done early. */
function tenths(count: number, onProgress?: (message: string) => void): () => void {
  let done = 0;
  return () => {
    const tenth = Math.floor((10 * done) / count);
    done++;
    if (Math.floor((10 * done) / count) > tenth && done <= count)
      onProgress?.(`writing weights in fewer bits: ${done} of ${count}`);
  };
}

/** Parts of one matrix are written one after another, so that the last one read often serves again. */
function keepingLast<T>(make: (name: string) => Promise<T>): (name: string) => Promise<T> {
  let last: { name: string; made: Promise<T> } | undefined;
  return name => {
    if (last?.name !== name) last = { name, made: make(name) };
    return last.made;
  };
}

function matrixOf(tensor: HostTensor): Matrix {
  const [outputs, inputs] = tensor.shape as [number, number];
  return { outputs, inputs, values: asFloat32(tensor) };
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new MiniGPT4Error(
      'CHECKPOINT_WRITE',
      `${folder}: the folder for copies of weights cannot be made, expected a place to write to, got ${(cause as Error).message}. Name another one as weightFolder.`,
      { cause },
    );
  });
}

async function openIfThere(path: string): Promise<Checkpoint | undefined> {
  return openCheckpoint(path).catch((error: unknown) => {
    if (isMiniGPT4Error(error, 'CHECKPOINT_NOT_FOUND')) return undefined;
    throw error;
  });
}
