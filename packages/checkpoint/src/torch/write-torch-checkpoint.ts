import { byteSize, elementCount, formatShape, type HostTensor, MiniGPT4Error } from '@minigpt4/core';
import { writeDurably } from '../storage/durable-write.js';
import { quote } from '../messages.js';
import { isTensor, type Picklable, writePickle } from './pickle-writer.js';
import { zipArchive } from './zip-writer.js';

/**
 * Writes tensors, or dictionaries of them such as `{ model: { 'llama_proj.weight': … } }`, as the file that `torch.save`
 * would write: `torch.load` reads it, with `weights_only=True` too, and `mmap=True` maps it. The same input gives the same
 * bytes. Atomic, as `writeSafetensors`.
 * @throws `SHAPE_MISMATCH` for data that does not fit its shape, `CHECKPOINT_LIMIT` from 4 GiB on, `CHECKPOINT_WRITE` when
 * the disk fails; the file at `path` is then untouched.
 */
export async function writeTorchCheckpoint(
  path: string,
  content: Readonly<Record<string, HostTensor | Readonly<Record<string, HostTensor>>>>,
): Promise<void> {
  for (const [key, value] of Object.entries(content)) checkSizes(key, value);
  const { bytes, storages } = writePickle(content);
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

function checkSizes(name: string, value: Picklable): void {
  if (!isTensor(value)) {
    for (const [key, item] of Object.entries(value)) checkSizes(`${name}.${key}`, item);
    return;
  }
  const { dtype, shape, data } = value;
  const expected = elementCount(shape) * byteSize(dtype);
  if (data.byteLength === expected) return;
  throw new MiniGPT4Error(
    'SHAPE_MISMATCH',
    `writeTorchCheckpoint: wrong size of ${quote(name)}, expected ${expected} bytes for ${formatShape(shape)} of ${dtype}, got ${data.byteLength}. Make shape, type and data agree.`,
  );
}
