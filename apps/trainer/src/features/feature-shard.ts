import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, type TensorLocation, writeSafetensors } from '@minigpt4/checkpoint';
import { hostTensor, MiniGPT4Error, viewAs } from '@minigpt4/core';
import { digestBytes, packDigests, unpackDigests } from './picture-digest.js';

/** Features that are written together: of each picture its pixels' digest; and which file has which pixels. */
export interface ShardContent {
  readonly pixels: readonly string[];
  /** (pictures, tokens, width). */
  readonly features: Float32Array;
  /** Pairs of a file's digest and its pixels' digest; the pixels may lie in another shard. */
  readonly files: readonly (readonly [file: string, pixels: string])[];
}

/** What features of one encoder look like. */
export interface FeatureShape {
  /** Digest of the encoder. */
  readonly encoder: string;
  readonly tokens: number;
  readonly width: number;
}

/** A shard on disk whose tables are in memory; its features are only where asked for. */
export interface FeatureShard {
  readonly path: string;
  readonly pixels: readonly string[];
  readonly files: ShardContent['files'];
  /** Features of row i: (tokens, width). */
  read(row: number): Promise<Float32Array>;
}

/**
 * Writes a shard under a name made of its content: writing the same again changes nothing, and several processes may
 * fill one folder.
 * @throws `CHECKPOINT_WRITE` when the disk fails
 */
export async function writeShard(folder: string, content: ShardContent, shape: FeatureShape): Promise<string> {
  const { pixels, features, files } = content;
  const tables = {
    pixels: packDigests(pixels),
    files: packDigests(files.map(([file]) => file)),
    file_pixels: packDigests(files.map(([, picture]) => picture)),
  };
  const digest = digestOf([
    ...Object.values(tables),
    new Uint8Array(features.buffer, features.byteOffset, features.byteLength),
  ]);
  const path = join(folder, `features-${digest.slice(0, 16)}.safetensors`);
  const table = (bytes: Uint8Array) => hostTensor('uint8', [bytes.length / digestBytes, digestBytes], bytes);
  await writeSafetensors(
    path,
    {
      features: hostTensor('float32', [pixels.length, shape.tokens, shape.width], features),
      pixels: table(tables.pixels),
      files: table(tables.files),
      file_pixels: table(tables.file_pixels),
    },
    { encoder: shape.encoder, sha256: digest },
  );
  return path;
}

/**
 * Opens a shard. `inMemory` reads all of it and checks it against its digest; otherwise a row is read when it is needed.
 * @throws `FEATURES_MISMATCH` for a shard of another encoder, `FEATURES_DAMAGED`, errors of `openCheckpoint`
 */
export async function openShard(path: string, shape: FeatureShape, inMemory: boolean): Promise<FeatureShard> {
  await using checkpoint = await openCheckpoint(path);
  if (checkpoint.metadata.encoder !== shape.encoder) throw mismatch(path, shape.encoder, checkpoint.metadata.encoder);
  const bytes = async (name: string) => (await checkpoint.read(name)).data as Uint8Array;
  const [pixels, files, filePixels] = [await bytes('pixels'), await bytes('files'), await bytes('file_pixels')];
  const each = shape.tokens * shape.width;
  const info = checkpoint.info('features');
  if (info?.shape.join() !== [pixels.length / digestBytes, shape.tokens, shape.width].join()) {
    throw damaged(path, `features of shape [${info?.shape.join(',')}]`);
  }
  const digests = unpackDigests(files);
  const pictures = unpackDigests(filePixels);
  const tables = {
    path,
    pixels: unpackDigests(pixels),
    files: digests.map((file, i) => [file, pictures[i]!] as const),
  };
  if (!inMemory) {
    const location = checkpoint.location('features')!;
    return { ...tables, read: row => readRow(location, row, each) };
  }
  const features = (await checkpoint.read('features')).data as Float32Array;
  const whole = [pixels, files, filePixels, new Uint8Array(features.buffer, features.byteOffset, features.byteLength)];
  if (digestOf(whole) !== checkpoint.metadata.sha256) throw damaged(path, 'other bytes than were written');
  return { ...tables, read: async row => features.subarray(row * each, (row + 1) * each) };
}

async function readRow({ file, offset }: TensorLocation, row: number, elements: number): Promise<Float32Array> {
  const handle = await open(file, 'r');
  try {
    const bytes = new Uint8Array(elements * 4);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset + row * bytes.length);
    if (bytesRead !== bytes.length) throw damaged(file, `${bytesRead} of ${bytes.length} bytes of row ${row}`);
    return viewAs(bytes, 'float32');
  } finally {
    await handle.close();
  }
}

function digestOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

function mismatch(path: string, expected: string, got: string | undefined): MiniGPT4Error {
  return new MiniGPT4Error(
    'FEATURES_MISMATCH',
    `${path}: features of another encoder, expected digest ${expected}, got ${got ?? 'none'}. Choose another folder with --features, or remove this one.`,
  );
}

function damaged(path: string, got: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'FEATURES_DAMAGED',
    `${path}: damaged shard, expected what was written, got ${got}. It is left alone and its pictures are encoded again; remove it.`,
  );
}
