import { mkdtemp, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checkpoint, TensorLocation } from '@minigpt4/checkpoint';
import { byteSize, elementCount, MiniGPT4Error } from '@minigpt4/core';

/** Bytes of tensors that may travel within a model, whose format ends at 2 GB and is copied several times on its way. */
const inlineBytes = 16 * 1024 * 1024;

/** Bytes of a tensor that are in memory at once while it is written. */
const chunkBytes = 32 * 1024 * 1024;

/** Where each tensor begins in the file: a multiple of what processors load at once. */
const alignment = 64;

/** Names of temporary folders begin with this. */
const folderPrefix = 'minigpt4-weights-';

/** Age in milliseconds from which a folder was left behind by a process that was killed. */
const abandonedAge = 24 * 60 * 60 * 1000;

/**
 * The same checkpoint with a place in a file for each of the tensors `names`: strided and packed ones are written out,
 * once, to a temporary file that engines can map, in parts of 32 MiB. Where they are few (16 MiB) they stay as they are.
 * Closing the result removes the file and leaves `checkpoint` open; sessions made before keep what they have mapped.
 *
 * @throws `SCRATCH_WRITE` when the folder for temporary files has no room; errors of `checkpoint.readRows`
 */
export async function weightsOnDisk(checkpoint: Checkpoint, names: readonly string[]): Promise<Checkpoint> {
  const loose = [...new Set(names)].filter(name => checkpoint.info(name) && !checkpoint.location(name));
  const bytes = loose.reduce((sum, name) => sum + tensorBytes(checkpoint, name), 0);
  if (bytes <= inlineBytes) return view(checkpoint, new Map(), async () => {});
  await removeAbandoned();
  const folder = await attempt(tmpdir(), () => mkdtemp(join(tmpdir(), folderPrefix)));
  // a system that keeps mapped files leaves it for the next day
  const close = () => rm(folder, { recursive: true, force: true }).catch(() => undefined);
  try {
    return view(checkpoint, await writeTensors(checkpoint, loose, join(folder, 'weights.bin')), close);
  } catch (error) {
    await close();
    throw error;
  }
}

function view(
  checkpoint: Checkpoint,
  places: ReadonlyMap<string, TensorLocation>,
  close: () => Promise<void>,
): Checkpoint {
  const { path, format, metadata } = checkpoint;
  return {
    path,
    format,
    metadata,
    names: () => checkpoint.names(),
    info: name => checkpoint.info(name),
    location: name => places.get(name) ?? checkpoint.location(name),
    read: name => checkpoint.read(name),
    readRows: (name, start, count) => checkpoint.readRows(name, start, count),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function tensorBytes(checkpoint: Checkpoint, name: string): number {
  const { dtype, shape } = checkpoint.info(name)!;
  return elementCount(shape) * byteSize(dtype);
}

async function writeTensors(
  checkpoint: Checkpoint,
  names: readonly string[],
  file: string,
): Promise<Map<string, TensorLocation>> {
  const places = new Map<string, TensorLocation>();
  const handle = await attempt(file, () => open(file, 'wx', 0o600));
  try {
    let offset = 0;
    for (const name of names) {
      const length = tensorBytes(checkpoint, name);
      places.set(name, { file, offset, length });
      let position = offset;
      for await (const part of parts(checkpoint, name)) {
        await attempt(file, () => writeFully(handle, part, position));
        position += part.byteLength;
      }
      offset = Math.ceil((offset + length) / alignment) * alignment;
    }
  } finally {
    await handle.close();
  }
  return places;
}

/** A tensor's bytes, some rows at a time. */
async function* parts(checkpoint: Checkpoint, name: string): AsyncGenerator<Uint8Array> {
  const { shape } = checkpoint.info(name)!;
  const [rows = 1] = shape;
  const step = Math.max(1, Math.floor((chunkBytes * rows) / Math.max(1, tensorBytes(checkpoint, name))));
  for (let start = 0; start < rows; start += step) {
    const { data } =
      step >= rows ? await checkpoint.read(name) : await checkpoint.readRows(name, start, Math.min(step, rows - start));
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

async function writeFully(handle: FileHandle, part: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < part.length; ) {
    // one write call takes less than 2 GiB
    const length = Math.min(part.length - done, 2 ** 30);
    done += (await handle.write(part, done, length, position + done)).bytesWritten;
  }
}

async function attempt<T>(place: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw new MiniGPT4Error(
      'SCRATCH_WRITE',
      `${place}: unpacked weights could not be written, expected a folder for temporary files with room for all of them, got ${(cause as Error).message}. Free space, or name another folder in the environment variable TMPDIR.`,
      { cause },
    );
  }
}

/** Removes folders of processes that could not: those killed while they loaded, and all on systems that keep mapped files. */
async function removeAbandoned(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter(entry => entry.startsWith(folderPrefix))) {
    const folder = join(tmpdir(), name);
    const found = await stat(folder).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < abandonedAge) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
