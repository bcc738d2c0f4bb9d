import { MiniGPT4Error } from '@minigpt4/core';
import { Parser } from 'pickleparser';
import type { CheckpointLimits } from '../limits.js';
import { allowedGlobals } from './allowed-globals.js';
import type { PickleReader } from './pickle-reader.js';
import { PickledStorage, StorageType, toIndex } from './pickled-tensor.js';

/** What one pickle holds. */
export interface Unpickled {
  /** Maps, arrays, strings, numbers, and tensors that were not read yet. */
  readonly value: unknown;
  /** Every storage it refers to, by key. */
  readonly storages: ReadonlyMap<string, PickledStorage>;
}

/**
 * Reads the next pickle with an allow-list of globals; Python code in it is named and refused, never run.
 * @throws `CHECKPOINT_UNSAFE` for any other global, `CHECKPOINT_LIMIT`, `CHECKPOINT_CORRUPT`.
 */
export function unpickle(reader: PickleReader, path: string, limits: CheckpointLimits): Unpickled {
  const storages = new Map<string, PickledStorage>();
  const parser = new Parser({
    nameResolver: allowedGlobals({ path, limits, spend: operations => reader.spend(operations) }),
    persistentResolver: {
      resolve(id: unknown) {
        const storage = toStorage(id);
        reader.spend(2);
        checkSame(storage, storages.get(storage.key));
        storages.set(storage.key, storage);
        return storage;
      },
    },
    // a plain object would let a "__proto__" key change its prototype
    unpicklingTypeOfDictionary: 'Map',
  });
  try {
    return { value: parser.read<unknown>(reader), storages };
  } catch (cause) {
    if (cause instanceof MiniGPT4Error) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MiniGPT4Error(
      'CHECKPOINT_CORRUPT',
      `${path}: damaged pickle, expected what torch.save writes, got a pickle that cannot be read (${reason}). Copy or download the file again.`,
      { cause },
    );
  }
}

/** Every mention of a storage says the same of it; only what part of it is seen differs. */
function checkSame(storage: PickledStorage, known: PickledStorage | undefined): void {
  if (!known || (known.dtype === storage.dtype && known.count === storage.count)) return;
  throw new Error(
    `expected ${known.count} elements of ${known.dtype} for a storage, got ${storage.count} of ${storage.dtype}`,
  );
}

/** `('storage', type, key, location, count)`, and in the legacy format `(view key, offset, count)` or None at the end. */
function toStorage(id: unknown): PickledStorage {
  const [kind, type, key, , count, view] = Array.isArray(id) ? (id as unknown[]) : [];
  if (kind !== 'storage' || !(type instanceof StorageType))
    throw new Error('expected a reference to a storage, got another one');
  if (typeof key !== 'string' && typeof key !== 'number') throw new Error('expected a storage key, got another value');
  const viewOffset = Array.isArray(view) ? toIndex(view[1], 'a view offset') : 0;
  return new PickledStorage({
    dtype: type.dtype,
    key: String(key),
    count: toIndex(count, 'a storage size'),
    viewOffset,
  });
}
