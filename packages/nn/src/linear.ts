import type { Layer, Params } from './params.js';

/** Options of {@link linear}. */
export interface LinearOptions {
  /** Whether there is a bias. Defaults to true. */
  readonly bias?: boolean;
}

/** y = x · Wᵀ + b: (…, inputs) to (…, outputs), with `weight` (outputs, inputs) as PyTorch stores it and `bias` (outputs). */
export function linear(params: Params, inputs: number, outputs: number, { bias = true }: LinearOptions = {}): Layer {
  const weight = params.get('weight', [outputs, inputs]);
  const offset = bias ? params.get('bias', [outputs]) : undefined;
  return x =>
    params.scoped(() => {
      const product = x.fusedMatmul(weight, { transposeB: true });
      return offset === undefined ? product : product.add(offset);
    });
}
