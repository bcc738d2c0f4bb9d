import type { Tensor } from '../tensor.js';
import type { GradientRule } from './rule.js';

const mean = (x: Tensor) => x.mean([-1], true);

/** 1 / √(mean of squares + epsilon) over the last dimension. */
function inverseDeviation(x: Tensor, epsilon: number): Tensor {
  return mean(x.mul(x)).add(epsilon).sqrt().reciprocal();
}

export const normalizationRules = {
  // with n = (x − mean) / deviation and h = g · weight: (h − mean(h) − n · mean(h · n)) / deviation
  LayerNormalization({ inputs: [x, weight], attributes: { epsilon }, gradients: [g] }) {
    const centred = x!.sub(mean(x!));
    const inverse = inverseDeviation(centred, epsilon as number);
    const normal = centred.mul(inverse);
    const h = g!.mul(weight!);
    return [
      () =>
        h
          .sub(mean(h))
          .sub(normal.mul(mean(h.mul(normal))))
          .mul(inverse),
      () => g!.mul(normal),
      () => g!,
    ];
  },
  // the same without the mean; the engine gives 1 / deviation along with the result
  RMSNormalization({ inputs: [x, weight], outputs: [, deviation], gradients: [g] }) {
    const h = g!.mul(weight!);
    const inverse = deviation!.cast(x!.dtype);
    return [
      () => {
        const along = mean(h.mul(x!)).mul(inverse).mul(inverse);
        return h.sub(x!.mul(along)).mul(inverse);
      },
      () => g!.mul(x!.mul(inverse)),
    ];
  },
} satisfies Record<string, GradientRule>;
