import type { Checkpoint } from '@minigpt4/checkpoint';
import { asFloat32, MiniGPT4Error } from '@minigpt4/core';
import { visionWeightsFromHuggingFace } from '@minigpt4/vision-encoder';
import { tensorParts, type TensorPart } from './tensor-parts.js';

/**
 * The vision encoder of a checkpoint under the names of `eva_vit_g.pth`, whichever convention it has. Hugging Face keeps
 * one bias of queries, keys and values: the outer thirds are seen as the original's two, where they lie in the file.
 *
 * @throws `CHECKPOINT_MISMATCH` for a bias of keys that is not zero, which EVA's encoder cannot have
 */
export async function originalVisionNames(checkpoint: Checkpoint): Promise<Checkpoint> {
  if (!checkpoint.names().some(name => name.startsWith('vision_model.'))) return checkpoint;
  const parts = new Map<string, TensorPart>();
  for (const source of checkpoint.names()) {
    for (const { name, third } of visionWeightsFromHuggingFace(source)) {
      const count = Math.floor((checkpoint.info(source)?.shape[0] ?? 0) / 3);
      parts.set(name, third === undefined ? { source } : { source, rows: { start: third * count, count } });
      if (third === 0) await requireZeroKeyBias(checkpoint, source, count);
    }
  }
  return tensorParts(checkpoint, parts);
}

async function requireZeroKeyBias(checkpoint: Checkpoint, name: string, count: number): Promise<void> {
  if (asFloat32(await checkpoint.readRows(name, count, count)).every(value => value === 0)) return;
  throw new MiniGPT4Error(
    'CHECKPOINT_MISMATCH',
    `${checkpoint.path}: ${name} has a bias for keys, expected zeros in its second third, got other values. Use the encoder of Salesforce/blip2-flan-t5-xxl.`,
  );
}
