import { multiplyDims } from '../dims.js';
import { applyAll, type Tensor } from '../tensor.js';
import { noGradient, zerosLike, type Application, type GradientRule } from './rule.js';

/** The gradient of a look-up along an axis: each slice of `g` added to the slice of zeros that it was read from. */
function addSlices({ inputs: [x, indices], attributes, gradients: [g] }: Application): Tensor {
  const axis = attributes['axis'] as number;
  const before = x!.shape.slice(0, axis);
  const after = x!.shape.slice(axis + 1);
  const count = multiplyDims(...indices!.shape);
  const updates = indices!.rank === 1 ? g! : g!.reshape([...before, count, ...after], x!);
  const row = indices!.reshape([...before.map(() => 1), -1, ...after.map(() => 1)]);
  return zerosLike(x!).scatterAdd(row.expand(updates.shape, updates), updates, axis);
}

export const gatherRules = {
  Gather: application => [() => addSlices(application), undefined],
  GatherElements: ({ inputs: [x, indices], attributes: { axis }, gradients: [g] }) => [
    () => zerosLike(x!).scatterAdd(indices!, g!, axis as number),
    undefined,
  ],
  ScatterElements({ inputs: [, indices], attributes: { axis, reduction }, gradients: [g], where }) {
    if (reduction !== 'add')
      throw noGradient(where, `only reduction "add" has a gradient, got "${reduction as string}". Add to zeros.`);
    return [() => g!, undefined, () => g!.gatherElements(indices!, axis as number)];
  },
  // turned back by the same angles
  RotaryEmbedding: ({ inputs: [, positions, cosines, sines], attributes, gradients: [g] }) => [
    () => applyAll('RotaryEmbedding', [g!, positions!, cosines!, sines!.neg()], attributes)[0]!,
  ],
} satisfies Record<string, GradientRule>;
