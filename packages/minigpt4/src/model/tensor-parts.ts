import type { Checkpoint, TensorInfo, TensorLocation } from '@minigpt4/checkpoint';
import { byteSize, elementCount, MiniGPT4Error, type HostTensor } from '@minigpt4/core';

/** A tensor, or some of its rows, of another checkpoint. */
export interface TensorPart {
  /** Its name there. */
  readonly source: string;
  /** Rows of the leading dimension. Absent for all of them. */
  readonly rows?: { readonly start: number; readonly count: number };
}

/**
 * A checkpoint whose tensors are parts of another's, under names of their own. Nothing is read until asked for, and
 * rows that lie in one piece still have a location. Closing the result closes the checkpoint it was made from.
 */
export function tensorParts(checkpoint: Checkpoint, parts: ReadonlyMap<string, TensorPart>): Checkpoint {
  const names = [...parts.keys()];
  const close = () => checkpoint.close();
  const find = (name: string): TensorPart => {
    const part = parts.get(name);
    if (part !== undefined) return part;
    throw new MiniGPT4Error(
      'CHECKPOINT_NO_TENSOR',
      `${checkpoint.path}: no such tensor, expected one of ${names.length} names, got ${JSON.stringify(name)}. Take a name from names().`,
    );
  };
  const read = (name: string, start: number, count?: number): Promise<HostTensor> => {
    const { source, rows } = find(name);
    const [first, available] = [rows?.start ?? 0, rows?.count ?? checkpoint.info(source)?.shape[0] ?? 0];
    // rows outside the part must not reach into its neighbour: ask for ones that no tensor has
    const fits = start >= 0 && start + (count ?? 0) <= available;
    return checkpoint.readRows(source, fits ? first + start : -1, count ?? available);
  };
  return {
    path: checkpoint.path,
    format: checkpoint.format,
    metadata: checkpoint.metadata,
    names: () => names,
    info: name => infoOf(checkpoint, name, parts.get(name)),
    location: name => locationOf(checkpoint, parts.get(name)),
    read: async name => (find(name).rows === undefined ? checkpoint.read(find(name).source) : read(name, 0)),
    readRows: async (name, start, count) => read(name, start, count),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function infoOf(checkpoint: Checkpoint, name: string, part: TensorPart | undefined): TensorInfo | undefined {
  const whole = part && checkpoint.info(part.source);
  if (whole === undefined || part?.rows === undefined) return whole && { ...whole, name };
  return { ...whole, name, shape: [part.rows.count, ...whole.shape.slice(1)] };
}

function locationOf(checkpoint: Checkpoint, part: TensorPart | undefined): TensorLocation | undefined {
  const [place, whole] = [part && checkpoint.location(part.source), part && checkpoint.info(part.source)];
  if (place === undefined || whole === undefined || part?.rows === undefined) return place;
  const rowBytes = elementCount(whole.shape.slice(1)) * byteSize(whole.dtype);
  const { start, count } = part.rows;
  return { file: place.file, offset: place.offset + start * rowBytes, length: count * rowBytes };
}
