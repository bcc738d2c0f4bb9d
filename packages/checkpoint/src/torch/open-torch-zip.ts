import { MiniGPT4Error } from '@minigpt4/core';
import type { Checkpoint } from '../checkpoint.js';
import type { CheckpointLimits } from '../limits.js';
import { quote } from '../messages.js';
import { fileCheckpoint } from '../storage/file-checkpoint.js';
import type { ReadableFile } from '../storage/readable-file.js';
import { findStateDict } from './find-state-dict.js';
import { PickleReader } from './pickle-reader.js';
import type { PickledTensor } from './pickled-tensor.js';
import { placeTensor, type StoragePlace } from './place-tensor.js';
import { unpickle } from './unpickle.js';
import { checkedMember, locateMember, readMember, readZipDirectory, type ZipMember } from './zip-archive.js';

// reads that wait on the disk at one time
const parallelReads = 64;

/**
 * A checkpoint over what `torch.save` has written since 1.6: a zip of `data.pkl` and one stored entry a storage, under
 * one folder. Reads the zip directory, the pickle and the local headers of the storages that the state dict uses. With
 * `checksums` the pickle is checked now, and each storage when one of its tensors is read.
 */
export async function openTorchZip(
  file: ReadableFile,
  limits: CheckpointLimits,
  checksums: boolean,
): Promise<Checkpoint> {
  const members = await readZipDirectory(file, limits);
  const { pickle, folder } = findPickle(file, members);
  await checkByteOrder(file, members.get(`${folder}byteorder`));
  const { offset, bytes } = await readMember(file, pickle, limits.pickleBytes);
  if (checksums) await checkedMember(file, pickle, offset)?.check(offset, bytes);
  const { value } = unpickle(new PickleReader(bytes, file.path, limits), file.path, limits);
  const pickled = findStateDict(value, file.path, limits);
  const places = await locateStorages(file, pickled, key => members.get(`${folder}data/${key}`));
  if (checksums) {
    for (const [key, place] of places) {
      const checked = checkedMember(file, members.get(`${folder}data/${key}`)!, place.offset);
      places.set(key, { ...place, checked });
    }
  }
  const context = { path: file.path, limits };
  const tensors = new Map(
    [...pickled].map(([name, tensor]) => [name, placeTensor(name, tensor, places.get(tensor.storage.key)!, context)]),
  );
  return fileCheckpoint({ file, format: 'torch', tensors, metadata: {} });
}

function findPickle(file: ReadableFile, members: Map<string, ZipMember>): { pickle: ZipMember; folder: string } {
  const pickle = [...members.values()].find(({ name }) => /^(?:[^/]+\/)?data\.pkl$/.test(name));
  const folder = pickle?.name.slice(0, -'data.pkl'.length) ?? '';
  if (pickle && !members.has(`${folder}constants.pkl`)) return { pickle, folder };
  throw new MiniGPT4Error(
    'CHECKPOINT_UNSUPPORTED',
    `${file.path}: not a PyTorch checkpoint, expected a zip of data.pkl and storages, got ${pickle ? 'a TorchScript program' : 'another zip archive'}. Save model.state_dict() with torch.save.`,
  );
}

async function checkByteOrder(file: ReadableFile, member: ZipMember | undefined): Promise<void> {
  if (!member) return;
  const order = (await readMember(file, member, 'little'.length)).bytes.toString('latin1');
  if (order === 'little') return;
  throw new MiniGPT4Error(
    'CHECKPOINT_UNSUPPORTED',
    `${file.path}: byte order not supported, expected "little", got ${quote(order)}. Save the file on a little-endian machine.`,
  );
}

async function locateStorages(
  file: ReadableFile,
  pickled: ReadonlyMap<string, PickledTensor>,
  find: (key: string) => ZipMember | undefined,
): Promise<Map<string, StoragePlace>> {
  const places = new Map<string, StoragePlace>();
  const keys = [...new Set([...pickled.values()].map(({ storage }) => storage.key))];
  for (let start = 0; start < keys.length; start += parallelReads) {
    await Promise.all(
      keys.slice(start, start + parallelReads).map(async key => {
        const member = find(key);
        if (!member) throw noStorage(file.path, key);
        places.set(key, { offset: await locateMember(file, member), length: member.length });
      }),
    );
  }
  return places;
}

function noStorage(path: string, key: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'CHECKPOINT_CORRUPT',
    `${path}: storage ${quote(key)} absent, expected an entry of the zip for it, got none. Copy or download the file again.`,
  );
}
