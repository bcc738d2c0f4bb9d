import type { Layer, Params } from './params.js';

/** (x − mean) / √(variance + epsilon) · weight + bias over the last dimension: (…, width) to (…, width). */
export function layerNorm(params: Params, width: number, epsilon: number): Layer {
  const weight = params.get('weight', [width]);
  const bias = params.get('bias', [width]);
  return x => params.scoped(() => x.layerNormalization(weight, bias, epsilon));
}
