import { MiniGPT4Error } from '@minigpt4/core';
import type { Checkpoint } from '../checkpoint.js';
import type { CheckpointLimits } from '../limits.js';
import { fileCheckpoint } from '../storage/file-checkpoint.js';
import type { ReadableFile } from '../storage/readable-file.js';
import { parseSafetensorsHeader } from './parse-header.js';

// the header's length, a 64-bit number in front of it
const lengthBytes = 8;

/**
 * A checkpoint over a safetensors file: 8 bytes header length, JSON header, data. Reads the header alone.
 * The checks are those of the reference reader: known types, ranges in bounds, no gap, no overlap, no name twice.
 */
export async function openSafetensors(file: ReadableFile, limits: CheckpointLimits): Promise<Checkpoint> {
  const length = Number((await file.read(0, lengthBytes)).readBigUInt64LE());
  if (length > limits.headerBytes) {
    throw new MiniGPT4Error(
      'CHECKPOINT_LIMIT',
      `${file.path}: header too large, expected at most ${limits.headerBytes} bytes, got ${length}. Raise limits.headerBytes if you trust the file.`,
    );
  }
  const dataStart = lengthBytes + length;
  const header = await file.read(lengthBytes, length);
  const context = { path: file.path, dataStart, dataLength: file.size - dataStart, limits };
  return fileCheckpoint({ file, format: 'safetensors', ...parseSafetensorsHeader(header, context) });
}
