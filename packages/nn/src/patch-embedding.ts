import { fixedDim } from '@minigpt4/onnx-graph';
import type { Layer, Params } from './params.js';

/**
 * Square patches, each mapped to a vector: (batch, 3, size, size) to (batch, patches, width), patches row by row.
 * `weight` is the convolution kernel (width, 3, patch, patch).
 */
export function patchEmbedding(params: Params, patch: number, width: number): Layer {
  const weight = params.get('weight', [width, 3, patch, patch]);
  const bias = params.get('bias', [width]);
  return x =>
    params.scoped(() => {
      const grid = x.convolution(weight, bias, patch); // (batch, width, rows, columns)
      const [rows, columns] = grid.shape.slice(2).map(size => fixedDim(size, 'patchEmbedding')) as [number, number];
      return grid.reshape([x.shape[0]!, width, rows * columns]).transpose([0, 2, 1]);
    });
}
