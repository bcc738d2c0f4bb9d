import { MiniGPT4Error } from '@minigpt4/core';
import type { Checkpoint } from './checkpoint.js';
import { compositeCheckpoint, type TensorSource } from './composite-checkpoint.js';

/**
 * Several checkpoints as one. Where two have a tensor of the same name the later one wins, as when the original loads
 * one file over the other; the same holds for metadata. Closing the result closes them all.
 * @throws `CHECKPOINT_NAME` for an empty list.
 */
export function merged(checkpoints: readonly Checkpoint[]): Checkpoint {
  if (checkpoints.length === 0) {
    throw new MiniGPT4Error(
      'CHECKPOINT_NAME',
      'merged: nothing to merge, expected at least one checkpoint, got none. Pass the checkpoints to read from.',
    );
  }
  const sources = new Map<string, TensorSource>();
  for (const checkpoint of checkpoints) {
    for (const name of checkpoint.names()) sources.set(name, { checkpoint, name });
  }
  return compositeCheckpoint({
    path: checkpoints.map(checkpoint => checkpoint.path).join(', '),
    format: 'sharded',
    metadata: Object.fromEntries(checkpoints.flatMap(checkpoint => Object.entries(checkpoint.metadata))),
    sources,
    owned: checkpoints,
  });
}
