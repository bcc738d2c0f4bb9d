import { resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import type { Checkpoint } from '../checkpoint.js';
import { type CheckpointLimits, checkpointLimits } from '../limits.js';
import { fileCheckpoint } from '../storage/file-checkpoint.js';
import { ReadableFile } from '../storage/readable-file.js';
import { type HeaderSource, MoreBytesNeeded } from './header-cursor.js';
import { type GgufHeader, type GgufMetadata, parseGgufHeader } from './parse-header.js';

/** The first characters of every GGUF file. */
export const ggufMagic = 'GGUF';

// most headers fit, vocabulary and all; for a longer one as much is read as a header may have
const firstBytes = 8 * 1024 * 1024;

/** A checkpoint over a GGUF file of llama.cpp, under the names of the file. Reads the header alone. */
export async function openGguf(file: ReadableFile, limits: CheckpointLimits): Promise<Checkpoint> {
  const { tensors, metadata } = await readHeader(file, limits);
  const parts = metadata.get('split.count');
  if (typeof parts === 'number' && parts > 1) {
    throw new MiniGPT4Error(
      'CHECKPOINT_UNSUPPORTED',
      `${file.path}: a part of a model, expected a whole GGUF file, got one of ${parts}. Join them with llama-gguf-split --merge.`,
    );
  }
  return fileCheckpoint({ file, format: 'gguf', tensors, metadata: {} });
}

/**
 * The typed keys and values of a GGUF file: configuration, tokenizer and chat template of a model.
 * @throws `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_UNSUPPORTED` (not GGUF), `CHECKPOINT_CORRUPT`, `CHECKPOINT_LIMIT`, `CHECKPOINT_READ`.
 *
 * @example
 * const metadata = await readGgufMetadata('model.gguf');
 * console.log(metadata.get('general.architecture'));
 */
export async function readGgufMetadata(
  path: string,
  options: { readonly limits?: Partial<CheckpointLimits> } = {},
): Promise<GgufMetadata> {
  const file = await ReadableFile.open(resolve(path));
  try {
    const magic = await file.read(0, Math.min(ggufMagic.length, file.size));
    if (magic.toString('latin1') !== ggufMagic) {
      throw new MiniGPT4Error(
        'CHECKPOINT_UNSUPPORTED',
        `${file.path}: not a GGUF file, expected it to begin with ${ggufMagic}, got something else. Check the path and the download.`,
      );
    }
    return (await readHeader(file, { ...checkpointLimits, ...options.limits })).metadata;
  } finally {
    await file.close();
  }
}

async function readHeader(file: ReadableFile, limits: CheckpointLimits): Promise<GgufHeader> {
  const source: HeaderSource = { path: file.path, size: file.size, limits };
  const most = Math.min(file.size, limits.headerBytes);
  try {
    return parseGgufHeader(await file.read(0, Math.min(firstBytes, most)), source);
  } catch (error) {
    if (!(error instanceof MoreBytesNeeded)) throw error;
    // a header beyond this is an error of its own
    return parseGgufHeader(await file.read(0, most), source);
  }
}
