import { MiniGPT4Error } from '@minigpt4/core';
import type { Checkpoint } from './checkpoint.js';
import { compositeCheckpoint, type TensorSource } from './composite-checkpoint.js';
import { quote } from './messages.js';

/**
 * The same checkpoint under other names; `rename` gives the new name of each tensor, or undefined to drop it.
 * Nothing is read. Closing the result closes the checkpoint it was made from.
 * @throws `CHECKPOINT_NAME` when two tensors get one name.
 */
export function renamed(checkpoint: Checkpoint, rename: (name: string) => string | undefined): Checkpoint {
  const sources = new Map<string, TensorSource>();
  for (const name of checkpoint.names()) {
    const newName = rename(name);
    if (newName === undefined) continue;
    const other = sources.get(newName);
    if (other) {
      throw new MiniGPT4Error(
        'CHECKPOINT_NAME',
        `${checkpoint.path}: two tensors with one new name, expected different names, got ${quote(newName)} for ${quote(other.name)} and ${quote(name)}. Drop one by returning undefined.`,
      );
    }
    sources.set(newName, { checkpoint, name });
  }
  const { path, format, metadata } = checkpoint;
  return compositeCheckpoint({ path, format, metadata, sources, owned: [checkpoint] });
}
