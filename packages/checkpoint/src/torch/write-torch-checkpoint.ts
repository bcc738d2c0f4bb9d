import { byteSize, elementCount, formatShape, type HostTensor, MiniGPT4Error } from '@minigpt4/core';
import { writeDurably } from '../storage/durable-write.js';
import { quote } from '../messages.js';
import { type Picklable, writePickle } from './pickle-writer.js';
import { zipArchive } from './zip-writer.js';

/**
 * Writes dictionaries of tensors, such as `{ model: { 'llama_proj.weight': … } }`, as the file that `torch.save` would
 * write: `torch.load` reads it, with `weights_only=True` too, and `mmap=True` maps it. The same input gives the same
 * bytes. Atomic, as `writeSafetensors`.
 * @throws `SHAPE_MISMATCH` for data that does not fit its shape, `CHECKPOINT_LIMIT` from 4 GiB on, `CHECKPOINT_WRITE` when
 * the disk fails; the file at `path` is then untouched.
 */
export async function writeTorchCheckpoint(
  path: string,
  dictionaries: Readonly<Record<string, Readonly<Record<string, HostTensor>>>>,
): Promise<void> {
  for (const [dictionary, tensors] of Object.entries(dictionaries)) {
    for (const [name, tensor] of Object.entries(tensors)) checkSize(`${dictionary}.${name}`, tensor);
  }
  const { bytes, storages } = writePickle(dictionaries satisfies Picklable);
  const members = [
    { name: 'archive/data.pkl', content: bytes },
    { name: 'archive/byteorder', content: Buffer.from('little') },
    ...storages.map(({ data }, i) => ({
      name: `archive/data/${i}`,
      content: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
    { name: 'archive/version', content: Buffer.from('3\n') },
  ];
  await writeDurably(path, zipArchive(path, members));
}

function checkSize(name: string, { dtype, shape, data }: HostTensor): void {
  const expected = elementCount(shape) * byteSize(dtype);
  if (data.byteLength === expected) return;
  throw new MiniGPT4Error(
    'SHAPE_MISMATCH',
    `writeTorchCheckpoint: wrong size of ${quote(name)}, expected ${expected} bytes for ${formatShape(shape)} of ${dtype}, got ${data.byteLength}. Make shape, type and data agree.`,
  );
}
