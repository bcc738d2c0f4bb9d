import { layoutOf, type FactorLayout } from '../ops/matmul.js';
import { applyAll, type Tensor } from '../tensor.js';
import type { Application, GradientRule } from './rule.js';

/** A factor of a matrix product, and how it is stored. */
interface Factor extends FactorLayout {
  readonly tensor: Tensor;
}

/** The factor read the other way round. */
function flipped(factor: Factor): Factor {
  return { ...factor, transpose: !factor.transpose };
}

function plain(tensor: Tensor): Factor {
  return { tensor, transpose: false, batchInside: false };
}

/** alpha · left · right, as the standard product where nothing is special about it. */
function product(alpha: number, left: Factor, right: Factor): Tensor {
  const layout = {
    transA: Number(left.transpose),
    transB: Number(right.transpose),
    transBatchA: Number(left.batchInside),
    transBatchB: Number(right.batchInside),
  };
  if (alpha === 1 && Object.values(layout).every(flag => flag === 0)) return left.tensor.matmul(right.tensor);
  return applyAll('FusedMatMul', [left.tensor, right.tensor], { alpha, ...layout })[0]!;
}

/** The gradient of a factor, made as (…batch, rows, columns), in the layout in which the factor is stored. */
function stored({ batchInside }: Factor, gradient: Tensor): Tensor {
  if (!batchInside) return gradient;
  const rows = gradient.rank - 2;
  const batch = Array.from({ length: rows }, (_, axis) => axis);
  return gradient.transpose([rows, ...batch, rows + 1]);
}

/** All dimensions before the last as one. */
function flat({ tensor }: Factor): Factor {
  return plain(tensor.reshape([-1, tensor.shape.at(-1)!], tensor));
}

/** For C = α · A · B: ∂A = α · ∂C · Bᵀ and ∂B = α · Aᵀ · ∂C, each transposed again where the factor is stored transposed. */
function productRule({ inputs: [a, b], attributes, gradients: [gradient] }: Application) {
  const alpha = (attributes['alpha'] as number | undefined) ?? 1;
  const left = { tensor: a!, ...layoutOf(attributes, 'A') };
  const right = { tensor: b!, ...layoutOf(attributes, 'B') };
  const g = plain(gradient!);
  // a weight that all batches share: one product over all rows instead of a sum of one product a batch
  const shared = b!.rank === 2 && a!.rank > 2 && !left.transpose && !left.batchInside;
  const [rows, cotangent] = shared ? [flat(left), flat(g)] : [left, g];
  return [
    () => stored(left, left.transpose ? product(alpha, right, flipped(g)) : product(alpha, g, flipped(right))),
    () =>
      stored(
        right,
        right.transpose ? product(alpha, flipped(cotangent), rows) : product(alpha, flipped(rows), cotangent),
      ),
  ];
}

export const matmulRules = { MatMul: productRule, FusedMatMul: productRule } satisfies Record<string, GradientRule>;
