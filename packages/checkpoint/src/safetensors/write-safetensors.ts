import { byteSize, elementCount, formatShape, type HostTensor, MiniGPT4Error } from '@minigpt4/core';
import { checkpointLimits } from '../limits.js';
import { quote } from '../messages.js';
import { writeDurably } from '../storage/durable-write.js';
import { safetensorsDTypes } from './dtypes.js';

const dtypeNames = new Map([...safetensorsDTypes].map(([name, dtype]) => [dtype, name]));

/** A tensor to be written whose elements are made when their turn comes. */
export interface PendingTensor extends Pick<HostTensor, 'dtype' | 'shape'> {
  /** Makes the elements, of `dtype` and as many as `shape` says. */
  readonly data: () => Promise<HostTensor['data']>;
}

/**
 * Writes tensors and string metadata as one safetensors file; the same input gives the same bytes.
 * Atomic: everything goes to a temporary file beside `path`, is flushed to the disk and then renamed, so that a crash
 * leaves the old file or the new one. It streams tensor by tensor, and a {@link PendingTensor} is in memory only in its
 * turn, because a library that takes the whole content as one buffer would hold a second copy of gigabytes.
 * @throws `SHAPE_MISMATCH` for data that does not fit its shape, `CHECKPOINT_NAME` for a name the format cannot hold,
 * `CHECKPOINT_WRITE` when the disk fails; the file at `path` is then untouched.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, HostTensor | PendingTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entries = sortedEntries(tensors);
  await writeDurably(path, parts(encodeHeader(entries, metadata), entries));
}

type Entry = readonly [name: string, tensor: HostTensor | PendingTensor];

async function* parts(header: Buffer, entries: readonly Entry[]): AsyncGenerator<NodeJS.ArrayBufferView> {
  yield header;
  for (const [name, { dtype, shape, data }] of entries) {
    if (typeof data !== 'function') yield data;
    else yield checkEntry([name, { dtype, shape, data: await data() }])[1].data as NodeJS.ArrayBufferView;
  }
}

/** Widest elements first, so that every tensor starts at a multiple of its element size; then by name. */
function sortedEntries(tensors: Readonly<Record<string, HostTensor | PendingTensor>>): Entry[] {
  return Object.entries(tensors)
    .map(checkEntry)
    .sort(([a, x], [b, y]) => byteSize(y.dtype) - byteSize(x.dtype) || (a < b ? -1 : 1));
}

function checkEntry(entry: Entry): Entry {
  const [name, { dtype, shape, data }] = entry;
  if (name === '__metadata__' || name.length > checkpointLimits.nameLength) {
    throw new MiniGPT4Error(
      'CHECKPOINT_NAME',
      `writeSafetensors: bad tensor name, expected at most ${checkpointLimits.nameLength} characters other than "__metadata__", got ${quote(name)}. Rename the tensor.`,
    );
  }
  const expected = elementCount(shape) * byteSize(dtype);
  if (typeof data !== 'function' && data.byteLength !== expected) {
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `writeSafetensors: wrong size of ${quote(name)}, expected ${expected} bytes for ${formatShape(shape)} of ${dtype}, got ${data.byteLength}. Make shape, type and data agree.`,
    );
  }
  return entry;
}

function encodeHeader(entries: readonly Entry[], metadata: Readonly<Record<string, string>>): Buffer {
  // a map, because a plain object would take "__proto__" for its prototype
  const fields = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) fields.set('__metadata__', metadata);
  let offset = 0;
  for (const [name, { dtype, shape }] of entries) {
    const end = offset + elementCount(shape) * byteSize(dtype);
    fields.set(name, { dtype: dtypeNames.get(dtype), shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(fields)));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = Buffer.alloc(8 + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded));
  json.copy(header, 8);
  return header;
}
