import { formatShape } from '../dims.js';
import { AXIS_END, integers } from '../ops/movement.js';
import type { Tensor } from '../tensor.js';
import { noGradient, unary, zerosLike, type Application, type GradientRule } from './rule.js';

/** The gradient of a slice: zeros around it. */
function uncut({ inputs: [x, starts, ends, axes], gradients: [g], where }: Application): Tensor {
  const [start, end, cut] = [starts!, ends!, axes!].map(tensor => integers(tensor, where)) as [
    number[],
    number[],
    number[],
  ];
  const sizes = cut.map(axis => x!.shape[axis]!);
  if (sizes.every(size => typeof size === 'number')) {
    const from = start.map((first, i) => Math.min(first < 0 ? Math.max(first + sizes[i]!, 0) : first, sizes[i]!));
    const before = x!.shape.map((_, axis) => from[cut.indexOf(axis)] ?? 0);
    const after = x!.shape.map((size, axis) =>
      cut.includes(axis) ? (size as number) - before[axis]! - (g!.shape[axis] as number) : 0,
    );
    return g!.pad(before, after);
  }
  if (cut.length > 1)
    throw noGradient(
      where,
      `several axes at once need fixed sizes, got ${formatShape(x!.shape)}. Slice them one by one.`,
    );
  const zeros = zerosLike(x!);
  const before = start[0] === 0 ? [] : [zeros.slice(0, start[0]!, cut[0]!)];
  const after = end[0]! >= AXIS_END ? [] : [zeros.slice(end[0]!, AXIS_END, cut[0]!)];
  const [first, ...others] = [...before, g!, ...after];
  return first!.concat(others, cut[0]!);
}

export const movementRules = {
  Identity: unary(g => g),
  Reshape: ({ inputs: [x], gradients: [g] }) => [() => g!.reshape(x!.shape, x!), undefined],
  Transpose: ({ attributes: { perm }, gradients: [g] }) => [
    () => g!.transpose(g!.shape.map((_, axis) => (perm as number[]).indexOf(axis))),
  ],
  Unsqueeze: ({ inputs: [, axes], gradients: [g], where }) => [() => g!.squeeze(...integers(axes!, where))],
  Squeeze: ({ inputs: [, axes], gradients: [g], where }) => [() => g!.unsqueeze(...integers(axes!, where))],
  Expand: unary(g => g),
  Concat({ inputs, attributes: { axis }, gradients: [g] }) {
    const sizes = inputs.map(part => part.shape[axis as number]!);
    const parts = g!.split(sizes, axis as number, ...inputs);
    return parts.map(part => () => part);
  },
  Split: ({ attributes: { axis }, gradients: [first, ...others] }) => [() => first!.concat(others, axis as number)],
  Slice: application => [() => uncut(application)],
  Pad: ({ inputs: [, pads], gradients: [g], where }) => [
    () => {
      const cuts = integers(pads!, where).map(amount => -amount);
      return g!.pad(cuts.slice(0, g!.rank), cuts.slice(g!.rank));
    },
  ],
} satisfies Record<string, GradientRule>;
