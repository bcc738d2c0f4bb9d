import type { Layer, Params } from './params.js';

/** x / √(mean of squares + epsilon) · weight over the last dimension: (…, width) to (…, width). */
export function rmsNorm(params: Params, width: number, epsilon: number): Layer {
  const weight = params.get('weight', [width]);
  return x => params.scoped(() => x.rmsNormalization(weight, epsilon));
}
