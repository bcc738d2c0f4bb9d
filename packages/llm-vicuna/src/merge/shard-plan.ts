import type { MergedTensor } from './merge-inputs.js';

/** One file of the result. */
export interface Shard {
  /** `model-00001-of-00003.safetensors`. */
  readonly file: string;
  readonly tensors: readonly MergedTensor[];
}

/** Bytes of a tensor in float16. */
export function halfBytes({ shape }: Pick<MergedTensor, 'shape'>): number {
  return 2 * shape.reduce((product, size) => product * size, 1);
}

/** Cuts tensors, in order, into files of at most `shardBytes`; a larger tensor has a file of its own. */
export function planShards(tensors: readonly MergedTensor[], shardBytes: number): Shard[] {
  const groups: MergedTensor[][] = [];
  let room = 0;
  for (const tensor of tensors) {
    const bytes = halfBytes(tensor);
    if (groups.length === 0 || bytes > room) {
      groups.push([]);
      room = shardBytes;
    }
    groups.at(-1)!.push(tensor);
    room -= bytes;
  }
  const number = (value: number) => String(value).padStart(5, '0');
  return groups.map((group, i) => ({
    file: `model-${number(i + 1)}-of-${number(groups.length)}.safetensors`,
    tensors: group,
  }));
}
