import { MiniGPT4Error, type DType } from '@minigpt4/core';
import type { Attributes } from '../ops/op.js';
import { scalar, type Tensor } from '../tensor.js';

/** One node of the forward graph, as its gradient rule sees it. */
export interface Application {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** The gradient at each output. */
  readonly gradients: readonly Tensor[];
  /** Module path and op of the node, for messages. */
  readonly where: string;
}

/**
 * What makes the gradient at each input, in order; undefined for an input that has none. Only what is wanted is called.
 * Where an input was broadcast, its gradient may be left in the broadcast shape: the walk sums it back.
 */
export type GradientRule = (application: Application) => readonly ((() => Tensor) | undefined)[];

/** The rule of an op with one float input, from its gradient `g`, its input `x` and its output `y`. */
export function unary(rule: (g: Tensor, x: Tensor, y: Tensor) => Tensor): GradientRule {
  return ({ inputs: [x], outputs: [y], gradients: [g] }) => [() => rule(g!, x!, y!)];
}

const floats: ReadonlySet<DType> = new Set<DType>(['float64', 'float32', 'float16', 'bfloat16']);

/** Whether numbers of this type have gradients. */
export function isFloat(dtype: DType): boolean {
  return floats.has(dtype);
}

/** Zeros of a tensor's type and shape. */
export function zerosLike(tensor: Tensor): Tensor {
  return scalar(0, tensor.dtype).expand(tensor.shape, tensor);
}

/** The error of an op, or a use of one, that has no gradient. `what` says what was met and what to do. */
export function noGradient(where: string, what: string): MiniGPT4Error<'NO_GRADIENT'> {
  return new MiniGPT4Error('NO_GRADIENT', `${where}: ${what}`);
}
