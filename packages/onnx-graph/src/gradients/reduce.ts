import { integers } from '../ops/movement.js';
import type { Tensor } from '../tensor.js';
import type { Application, GradientRule } from './rule.js';
import { scattered } from './scattered.js';

/** A tensor of the reduced shape with the reduced axes back as size 1. */
function kept(reduced: Tensor, { inputs: [, axes], attributes: { keepdims }, where }: Application): Tensor {
  return keepdims === 1 ? reduced : reduced.unsqueeze(...integers(axes!, where));
}

/** How many elements each mean was taken over, as a vector of one number. */
function count({ inputs: [x, axes], where }: Application): Tensor {
  const one = (axis: number) =>
    x!
      .shapeAtRun()
      .slice(axis, axis + 1, 0)
      .cast(x!.dtype);
  return integers(axes!, where)
    .map(one)
    .reduce((product, size) => product.mul(size));
}

function mean(application: Application): Tensor {
  const {
    inputs: [x, axes],
    gradients: [g],
    where,
  } = application;
  const sizes = integers(axes!, where).map(axis => x!.shape[axis]!);
  const fixed = sizes.every(size => typeof size === 'number');
  const divisor = fixed ? sizes.reduce((product, size) => product * size, 1) : count(application);
  return kept(g!, application).div(divisor).expand(x!.shape, x!);
}

export const reduceRules = {
  ReduceSum: application => [
    () => kept(application.gradients[0]!, application).expand(application.inputs[0]!.shape, application.inputs[0]!),
  ],
  ReduceMean: application => [() => mean(application)],
  // elements that are equally large share the gradient
  ReduceMax: application => [
    () => {
      const {
        inputs: [x, axes],
        outputs: [y],
        gradients: [g],
        where,
      } = application;
      const largest = x!.equal(kept(y!, application)).cast(x!.dtype);
      return kept(g!, application)
        .div(largest.sum(integers(axes!, where), true))
        .mul(largest);
    },
  ],
  Softmax: ({ outputs: [y], attributes: { axis }, gradients: [g] }) => [
    () => {
      const weighted = g!.mul(y!);
      return weighted.sub(y!.mul(weighted.sum([axis as number], true)));
    },
  ],
  LogSoftmax: ({ outputs: [y], attributes: { axis }, gradients: [g] }) => [
    () => {
      const spread = (sum: Tensor) => y!.exp().mul(sum.neg());
      const few = scattered(g!, axis as number);
      if (few === undefined) return g!.add(spread(g!.sum([axis as number], true)));
      // the gradient of a few look-ups: their sum needs no pass over zeros, and they are added in their places
      return spread(few.updates.sum([axis as number], true)).scatterAdd(few.indices, few.updates, axis as number);
    },
  ],
} satisfies Record<string, GradientRule>;
