import { float32ToFloat16, random } from '@minigpt4/core';

/** Elements of the block that is repeated. A prime number, so that no two matrices of real sizes hold the same. */
const blockElements = 4_194_301;

/** Blocks in memory one after another: a tensor of no more than one block less is a view of them. */
const copies = 4;

/** Size of the noise: about that of trained weights, so that no activation overflows. */
const deviation = 0.02;

/** What noise can be had as. */
export type NoiseType = 'float32' | 'float16';

/** Elements of one of {@link NoiseType}; float16 as its bits. */
export type NoiseElements = Float32Array | Uint16Array;

/**
 * Weights of real sizes without minutes of random numbers: normal noise, seeded, of which one block is repeated again and
 * again. Each tensor goes on in the block where the last one ended. Memory stays at some 100 MB, because what is handed
 * out is a view wherever it fits; do not write to it.
 */
export class Noise {
  #position = 0;

  /** The next `count` elements, made when they are asked for. */
  next(type: NoiseType, count: number): () => NoiseElements {
    const start = this.#position;
    this.#position = (start + count) % blockElements;
    return () => this.#elements(type, start, count);
  }

  #elements(type: NoiseType, start: number, count: number): NoiseElements {
    const repeated = repetition(type);
    if (start + count <= repeated.length) return repeated.subarray(start, start + count);
    const out = type === 'float32' ? new Float32Array(count) : new Uint16Array(count);
    for (let done = 0, at = start; done < count; at = 0) {
      const piece = repeated.subarray(at, Math.min(at + count - done, repeated.length));
      out.set(piece, done);
      done += piece.length;
    }
    return out;
  }
}

const repetitions = new Map<NoiseType, NoiseElements>();

/** The block again and again; the same whoever asks. */
function repetition(type: NoiseType): NoiseElements {
  const known = repetitions.get(type);
  if (known !== undefined) return known;
  const all = type === 'float32' ? new Float32Array(copies * blockElements) : new Uint16Array(copies * blockElements);
  const block =
    type === 'float32'
      ? newBlock()
      : float32ToFloat16((repetition('float32') as Float32Array).subarray(0, blockElements));
  for (let copy = 0; copy < copies; copy++) all.set(block, copy * blockElements);
  repetitions.set(type, all);
  return all;
}

function newBlock(): Float32Array {
  const { normal } = random(7);
  return Float32Array.from({ length: blockElements }, () => deviation * normal());
}
