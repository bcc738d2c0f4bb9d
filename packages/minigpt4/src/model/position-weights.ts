import type { Checkpoint } from '@minigpt4/checkpoint';
import { asFloat32, hostTensor, type HostTensor } from '@minigpt4/core';
import { interpolatePositions, type EvaViTConfig } from '@minigpt4/vision-encoder';

const name = 'pos_embed';

/**
 * The vision checkpoint with its position embeddings resized to the configuration's grid of patches, as the original
 * does when it loads weights of another image size (`eva_vit.py`, `interpolate_pos_embed`); unchanged where they fit.
 */
export async function withInterpolatedPositions(checkpoint: Checkpoint, config: EvaViTConfig): Promise<Checkpoint> {
  const { imageSize, patchSize, width } = config;
  const shape = checkpoint.info(name)?.shape;
  const toGrid = imageSize / patchSize;
  const fromGrid = Math.sqrt((shape?.[1] ?? 0) - 1);
  if (shape?.length !== 3 || shape[2] !== width || fromGrid === toGrid || !Number.isInteger(fromGrid))
    return checkpoint;
  const stored = asFloat32(await checkpoint.read(name));
  const resized = interpolatePositions(stored, { width, fromGrid, toGrid });
  return replaced(checkpoint, hostTensor('float32', [1, 1 + toGrid ** 2, width], resized));
}

function replaced(checkpoint: Checkpoint, tensor: HostTensor): Checkpoint {
  const close = () => checkpoint.close();
  return {
    path: checkpoint.path,
    format: checkpoint.format,
    metadata: checkpoint.metadata,
    names: () => checkpoint.names(),
    info: key => (key === name ? { name, dtype: tensor.dtype, shape: tensor.shape } : checkpoint.info(key)),
    location: key => (key === name ? undefined : checkpoint.location(key)),
    read: async key => (key === name ? tensor : checkpoint.read(key)),
    readRows: (key, start, count) => checkpoint.readRows(key, start, count),
    close,
    [Symbol.asyncDispose]: close,
  };
}
