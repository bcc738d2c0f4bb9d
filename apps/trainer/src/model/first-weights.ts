import { hostTensor } from '@minigpt4/core';
import { initialProjection, type ProjectionWeights, readProjection } from '@minigpt4/projection';
import { TrainableProjection } from '@minigpt4/projection/train';
import { type MiniGPT4Config, projectionInputWidth } from 'minigpt4';
import type { TrainConfig } from '../config/train-config.js';
import { type MeasuredSizes, sizeFacts } from './size-facts.js';

/**
 * What training starts from: a trained projection, PyTorch's random weights, or these scaled to give what is as large as
 * word embeddings.
 *
 * @throws the errors of `readProjection`
 */
export async function firstWeights(
  { projection, seed }: Pick<TrainConfig, 'projection' | 'seed'>,
  config: MiniGPT4Config,
  sizes: MeasuredSizes,
): Promise<ProjectionWeights> {
  const widths = { inputWidth: projectionInputWidth(config), outputWidth: config.llm.width };
  if (projection === 'random') return initialProjection({ ...widths, seed });
  if (projection !== 'matched') return readProjection(projection, widths);
  const { weight, bias } = initialProjection({ ...widths, seed });
  const layer = new TrainableProjection({ weight, bias });
  const { embeddingRatio } = await sizeFacts(layer, sizes);
  layer.dispose();
  const scaled = ({ shape, data }: typeof weight) =>
    hostTensor(
      'float32',
      shape,
      data.map(value => value / embeddingRatio),
    );
  return { weight: scaled(weight), bias: scaled(bias) };
}
