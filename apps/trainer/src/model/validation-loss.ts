import type { TrainableProjection } from '@minigpt4/projection/train';
import type { MicroBatch } from '../data/micro-batches.js';
import type { CaptionModel } from './caption-model.js';

/** Mean loss over all target tokens of the parts, with the present projection. */
export async function validationLoss(
  model: CaptionModel,
  layer: TrainableProjection,
  parts: readonly MicroBatch[],
): Promise<number> {
  let sum = 0;
  let targets = 0;
  for (const part of parts) {
    const lossOf = await model.lossOf(part);
    const { loss } = await lossOf(await layer.forward(part.features));
    sum += loss * part.targets;
    targets += part.targets;
  }
  return sum / targets;
}
