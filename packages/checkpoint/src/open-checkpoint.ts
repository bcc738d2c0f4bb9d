import { join, resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import type { Checkpoint } from './checkpoint.js';
import { ggufMagic, openGguf } from './gguf/open-gguf.js';
import { type CheckpointLimits, checkpointLimits } from './limits.js';
import { listed } from './messages.js';
import { openSafetensors } from './safetensors/open-safetensors.js';
import { openSharded } from './sharded.js';
import { listDirectory, pathKind, ReadableFile } from './storage/readable-file.js';
import { openTorchLegacy } from './torch/open-torch-legacy.js';
import { openTorchZip } from './torch/open-torch-zip.js';

/** How {@link openCheckpoint} reads. */
export interface OpenCheckpointOptions {
  /** Limits to raise for a file you trust, or to lower. Defaults to `checkpointLimits`. */
  readonly limits?: Partial<CheckpointLimits>;
  /**
   * Whether bytes are held against the checksums of the file when `read` takes them; zip files of `torch.save` have some.
   * Turn it off for files that were written without (`set_crc32_options(False)`). Defaults to true.
   */
  readonly checksums?: boolean;
}

/**
 * Opens a checkpoint: a `.pth` or `.bin` of `torch.save` (zip or legacy; plain, under `model` or under `state_dict`), a
 * safetensors or GGUF file, a `*.index.json`, or a directory that holds one. The content decides, not the file's name.
 * Reads the directory of names and shapes alone, so that many gigabytes open in milliseconds; runs no pickled code.
 *
 * @throws `CHECKPOINT_NOT_FOUND`, `CHECKPOINT_UNSUPPORTED` (another format), `CHECKPOINT_CORRUPT` (damaged or lying),
 * `CHECKPOINT_UNSAFE` (a pickle names Python code, an index another folder), `CHECKPOINT_LIMIT`, `CHECKPOINT_READ` (the system's error as `cause`).
 *
 * @example
 * await using checkpoint = await openCheckpoint('pretrained_minigpt4.pth');
 * const weight = await checkpoint.read('llama_proj.weight');
 */
export async function openCheckpoint(path: string, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  const { checksums = true } = options;
  const limits = { ...checkpointLimits, ...options.limits };
  const absolute = resolve(path);
  const file = (await pathKind(absolute)) === 'directory' ? await findInDirectory(absolute) : absolute;
  return file.endsWith('.json') ? openIndex(file, limits, checksums) : openFile(file, limits, checksums);
}

async function openIndex(path: string, limits: CheckpointLimits, checksums: boolean): Promise<Checkpoint> {
  const index = await ReadableFile.open(path);
  try {
    return await openSharded(index, limits, (shard, left) => openFile(shard, left, checksums));
  } finally {
    await index.close();
  }
}

async function openFile(path: string, limits: CheckpointLimits, checksums: boolean): Promise<Checkpoint> {
  if ((await pathKind(path)) === 'directory') throw unsupported(path, 'a directory');
  const file = await ReadableFile.open(path);
  try {
    return await chooseFormat(file, limits, checksums);
  } catch (error) {
    await file.close();
    throw error;
  }
}

const sniffedBytes = 512;
const pickleStart = 0x80;

/** Files that are often found where a checkpoint should be. */
const strangers: readonly (readonly [start: string, what: string])[] = [
  ['version https://git-lfs', 'a Git LFS pointer: fetch the real file with git lfs pull'],
  ['<', 'a web page: the download went wrong'],
  ['{', 'JSON, whose name must end in .json to be read as an index'],
];

async function chooseFormat(file: ReadableFile, limits: CheckpointLimits, checksums: boolean): Promise<Checkpoint> {
  const start = await file.read(0, Math.min(file.size, sniffedBytes));
  if (start.length < 9) throw unsupported(file.path, `a file of ${start.length} bytes`);
  const text = start.toString('latin1');
  if (text.startsWith('PK\x03\x04')) return openTorchZip(file, limits, checksums);
  if (text.startsWith(ggufMagic)) return openGguf(file, limits);
  // header length, then JSON; before the pickles, because a length can begin like one
  if (text[8] === '{') return openSafetensors(file, limits);
  if (start[0] === pickleStart) return openTorchLegacy(file, limits);
  const stranger = strangers.find(([prefix]) => text.trimStart().startsWith(prefix));
  throw unsupported(file.path, stranger?.[1] ?? 'an unknown format');
}

function unsupported(path: string, got: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_UNSUPPORTED',
    `${path}: not a checkpoint, expected a file of torch.save, a safetensors or a GGUF file, got ${got}. Check the path and the download.`,
  );
}

// in the order in which transformers looks for them
const fileNames = [
  'model.safetensors',
  'model.safetensors.index.json',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
];

async function findInDirectory(directory: string): Promise<string> {
  const present = await listDirectory(directory);
  const usual = fileNames.find(name => present.includes(name));
  if (usual) return join(directory, usual);
  for (const ending of ['.index.json', '.gguf']) {
    const found = present.filter(name => name.endsWith(ending));
    if (found.length === 1) return join(directory, found[0]!);
  }
  throw new MiniGPT4Error(
    'CHECKPOINT_NOT_FOUND',
    `${directory}: no checkpoint in the directory, expected ${fileNames.slice(0, 3).join(', ')}, one *.index.json or one *.gguf, got ${listed(present)}. Pass the file itself if it has another name.`,
  );
}
