import { allocate, elementCount, formatShape, type HostTensor, MiniGPT4Error } from '@minigpt4/core';
import type { Checkpoint, TensorInfo } from './checkpoint.js';
import { quote } from './messages.js';

/** For a tensor whose rows lie in another order: the row of the file that each row is. Undefined for the others. */
export type RowOrder = (tensor: TensorInfo) => readonly number[] | undefined;

/**
 * The same checkpoint with the rows (leading dimension) of some tensors in another order. Nothing is read; those
 * tensors have no location any more. Closing the result closes the checkpoint it was made from.
 * @throws `CHECKPOINT_RANGE` for an order that does not name as many rows as the tensor has, or names one that it lacks.
 */
export function reordered(checkpoint: Checkpoint, order: RowOrder): Checkpoint {
  const orders = new Map<string, readonly number[]>();
  for (const name of checkpoint.names()) {
    const info = checkpoint.info(name)!;
    const rows = order(info);
    if (rows) orders.set(name, checkOrder(rows, info, checkpoint.path));
  }
  const readRows = async (name: string, start: number, count: number) => {
    const rows = start >= 0 ? orders.get(name)?.slice(start, start + count) : undefined;
    // what is wrong with the range is for the checkpoint itself to say
    if (rows?.length !== count || count === 0 || !Number.isInteger(start))
      return checkpoint.readRows(name, start, count);
    const first = rows.reduce((least, row) => Math.min(least, row));
    const last = rows.reduce((most, row) => Math.max(most, row));
    return gatherRows(await checkpoint.readRows(name, first, last - first + 1), rows, first);
  };
  return {
    path: checkpoint.path,
    format: checkpoint.format,
    metadata: checkpoint.metadata,
    names: () => checkpoint.names(),
    info: name => checkpoint.info(name),
    location: name => (orders.has(name) ? undefined : checkpoint.location(name)),
    async read(name) {
      const rows = orders.get(name);
      return rows ? readRows(name, 0, rows.length) : checkpoint.read(name);
    },
    readRows,
    close: () => checkpoint.close(),
    [Symbol.asyncDispose]: () => checkpoint.close(),
  };
}

function checkOrder(rows: readonly number[], { name, shape }: TensorInfo, path: string): readonly number[] {
  const available = shape[0] ?? 0;
  const wrong = rows.find(row => !Number.isInteger(row) || row < 0 || row >= available);
  if (rows.length === available && wrong === undefined) return rows;
  throw new MiniGPT4Error(
    'CHECKPOINT_RANGE',
    `${path}: bad order of the rows of ${quote(name)}, expected ${available} rows of shape ${formatShape(shape)}, got ${wrong === undefined ? `${rows.length} rows` : `row ${wrong}`}. Name each row of the tensor once.`,
  );
}

/** Rows of a tensor that begins with the file's row `first`. */
function gatherRows({ dtype, shape, data }: HostTensor, rows: readonly number[], first: number): HostTensor {
  const rowShape = shape.slice(1);
  const gathered = allocate(dtype, rows.length * elementCount(rowShape));
  const [from, to] = [bytesOf(data), bytesOf(gathered)];
  const size = to.length / rows.length;
  rows.forEach((row, i) => to.set(from.subarray((row - first) * size, (row - first + 1) * size), i * size));
  return { dtype, shape: [rows.length, ...rowShape], data: gathered };
}

function bytesOf({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
