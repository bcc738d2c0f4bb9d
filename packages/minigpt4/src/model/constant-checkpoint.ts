import type { Checkpoint } from '@minigpt4/checkpoint';
import { elementCount, hostTensor, MiniGPT4Error, type HostTensor } from '@minigpt4/core';

/** A checkpoint in memory, of small tensors that no file holds; `path` is what messages call it. */
export function constantCheckpoint(path: string, tensors: Readonly<Record<string, HostTensor>>): Checkpoint {
  const find = (name: string): HostTensor => {
    if (Object.hasOwn(tensors, name)) return tensors[name]!;
    throw new MiniGPT4Error(
      'CHECKPOINT_NO_TENSOR',
      `${path}: no such tensor, expected one of ${Object.keys(tensors).join(', ')}, got ${JSON.stringify(name)}. Take a name from names().`,
    );
  };
  const close = async () => {};
  return {
    path,
    format: 'sharded',
    metadata: {},
    names: () => Object.keys(tensors),
    info: name =>
      Object.hasOwn(tensors, name) ? { name, dtype: find(name).dtype, shape: find(name).shape } : undefined,
    location: () => undefined,
    read: async name => find(name),
    async readRows(name, start, count) {
      const { dtype, shape, data } = find(name);
      const size = elementCount(shape.slice(1));
      const rows = data.slice(start * size, (start + count) * size);
      return hostTensor(dtype, [count, ...shape.slice(1)], rows as typeof data);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * `ln_vision` as the original leaves it without a BLIP-2 file: weight 1, bias 0. The Llama-2 release has no Q-Former,
 * so its code never reads that file (`minigpt4.py`, `load_from_pretrained` under `has_qformer`).
 */
export function untrainedVisionNorm(width: number): Checkpoint {
  return constantCheckpoint('ln_vision without a BLIP-2 file', {
    'ln_vision.weight': hostTensor('float32', [width], new Float32Array(width).fill(1)),
    'ln_vision.bias': hostTensor('float32', [width], new Float32Array(width)),
  });
}
