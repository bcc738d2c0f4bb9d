import { byteSize, MiniGPT4Error } from '@minigpt4/core';
import type { Checkpoint } from '../checkpoint.js';
import type { CheckpointLimits } from '../limits.js';
import { quote } from '../messages.js';
import { fileCheckpoint } from '../storage/file-checkpoint.js';
import type { ReadableFile } from '../storage/readable-file.js';
import { findStateDict } from './find-state-dict.js';
import { PickleReader } from './pickle-reader.js';
import type { PickledStorage } from './pickled-tensor.js';
import { placeTensor, type StoragePlace } from './place-tensor.js';
import { unpickle } from './unpickle.js';

const magic = 0x1950a86a20f9469cfc6cn;
const protocol = 1001;

const countBytes = 8;

interface Pickles {
  readonly root: unknown;
  readonly storages: ReadonlyMap<string, PickledStorage>;
  readonly keys: readonly string[];
  /** Bytes that the pickles take. */
  readonly length: number;
}

function corrupt(path: string, what: string): MiniGPT4Error {
  return new MiniGPT4Error('CHECKPOINT_CORRUPT', `${path}: ${what}. Copy or download the file again.`);
}

/**
 * A checkpoint over what `torch.save` wrote before 1.6 (the BLIP-2 files of 2023 may be such): pickles of a magic number,
 * a version, facts about the system, the object and the storage keys, then for each key a 64-bit count and raw elements.
 */
export async function openTorchLegacy(file: ReadableFile, limits: CheckpointLimits): Promise<Checkpoint> {
  const { root, storages, keys, length } = await readPickles(file, limits);
  const pickled = findStateDict(root, file.path, limits);
  const places = await locateStorages(file, length, keys, storages);
  const context = { path: file.path, limits };
  const tensors = new Map(
    [...pickled].map(([name, tensor]) => {
      const place = places.get(tensor.storage.key);
      if (!place)
        throw corrupt(
          file.path,
          `storage ${quote(tensor.storage.key)} absent, expected it in the list of keys, got a list without it`,
        );
      return [name, placeTensor(name, tensor, place, context)];
    }),
  );
  return fileCheckpoint({ file, format: 'torch', tensors, metadata: {} });
}

async function readPickles(file: ReadableFile, limits: CheckpointLimits): Promise<Pickles> {
  const { path } = file;
  // nothing tells how long the pickles are, and to try with less first would let a hostile one be parsed again and again
  const reader = new PickleReader(await file.read(0, Math.min(file.size, limits.pickleBytes)), path, limits);
  const next = () => unpickle(reader, path, limits);
  if (next().value !== magic || !isProtocol(next().value)) {
    throw new MiniGPT4Error(
      'CHECKPOINT_UNSUPPORTED',
      `${path}: not a PyTorch checkpoint, expected the magic number of torch.save, got another pickle. Save model.state_dict() with torch.save.`,
    );
  }
  const system = next().value;
  if (!(system instanceof Map) || system.get('little_endian') !== true) {
    throw new MiniGPT4Error(
      'CHECKPOINT_UNSUPPORTED',
      `${path}: byte order not supported, expected a file of a little-endian machine, got another. Save it again on a little-endian machine.`,
    );
  }
  const { value: root, storages } = next();
  const keys = next().value;
  if (!isKeys(keys)) throw corrupt(path, 'bad storage list, expected a list of keys, each once, got another value');
  return { root, storages, keys: keys.map(String), length: reader.position };
}

// an integer of a pickle is a number or a bigint, and the text or number of a list of lists takes for ever
function isProtocol(value: unknown): boolean {
  return value === protocol || value === BigInt(protocol);
}

function isKeys(value: unknown): value is (string | number)[] {
  if (!Array.isArray(value)) return false;
  const isKey = (key: unknown): boolean => typeof key === 'string' || typeof key === 'number';
  return value.every(isKey) && new Set(value).size === value.length;
}

/** Walks from storage to storage; each one's count says where the next one starts. */
async function locateStorages(
  file: ReadableFile,
  start: number,
  keys: readonly string[],
  storages: ReadonlyMap<string, PickledStorage>,
): Promise<Map<string, StoragePlace>> {
  const places = new Map<string, StoragePlace>();
  let position = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage)
      throw corrupt(file.path, `unknown storage ${quote(key)}, expected one that the pickle uses, got another`);
    const count = Number((await file.read(position, countBytes)).readBigInt64LE());
    if (count !== storage.count)
      throw corrupt(file.path, `wrong size of storage ${quote(key)}, expected ${storage.count} elements, got ${count}`);
    const length = count * byteSize(storage.dtype);
    places.set(key, { offset: position + countBytes, length });
    position += countBytes + length;
    if (position > file.size)
      throw corrupt(file.path, `file too short, expected at least ${position} bytes, got ${file.size}`);
  }
  // bytes that were inserted push the data away from where it is looked for
  if (position !== file.size) throw corrupt(file.path, `file too long, expected ${position} bytes, got ${file.size}`);
  return places;
}
