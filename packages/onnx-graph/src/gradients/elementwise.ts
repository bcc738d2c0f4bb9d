import { scalar, type Tensor } from '../tensor.js';
import { unary, type GradientRule } from './rule.js';

const ROOT_2 = Math.SQRT2;
const ROOT_PI = Math.sqrt(Math.PI);

function scaled(x: Tensor, factor: number): Tensor {
  return factor === 1 ? x : x.mul(factor);
}

export const elementwiseRules = {
  Add: ({ gradients: [g] }) => [() => g!, () => g!],
  Sub: ({ gradients: [g] }) => [() => g!, () => g!.neg()],
  Mul: ({ inputs: [a, b], gradients: [g] }) => [() => g!.mul(b!), () => g!.mul(a!)],
  Div: ({ inputs: [, b], outputs: [y], gradients: [g] }) => [() => g!.div(b!), () => g!.mul(y!).div(b!).neg()],
  Pow: ({ inputs: [a, b], outputs: [y], gradients: [g] }) => [
    () => g!.mul(b!).mul(a!.pow(b!.sub(1))),
    () => g!.mul(y!).mul(a!.log()),
  ],
  Neg: unary(g => g.neg()),
  Sqrt: unary((g, _, y) => g.div(y.mul(2))),
  Reciprocal: unary((g, _, y) => g.mul(y).mul(y).neg()),
  Exp: unary((g, _, y) => g.mul(y)),
  Log: unary((g, x) => g.div(x)),
  Erf: unary((g, x) => g.mul(x.mul(x).neg().exp()).mul(2 / ROOT_PI)),
  Tanh: unary((g, _, y) => g.sub(g.mul(y).mul(y))),
  Sigmoid: unary((g, _, y) => g.mul(y).mul(y.neg().add(1))),
  Relu: unary((g, x) => x.greater(0).where(g, 0)),
  Sin: unary((g, x) => g.mul(x.cos())),
  Cos: unary((g, x) => g.mul(x.sin()).neg()),
  // Φ(x) + x · φ(x) with the normal distribution and its density
  Gelu: unary((g, x) => {
    const distribution = x.div(ROOT_2).erf().add(1).mul(0.5);
    const density = x
      .mul(x)
      .mul(-0.5)
      .exp()
      .div(ROOT_2 * ROOT_PI);
    return g.mul(distribution.add(x.mul(density)));
  }),
  // s + α · y · (1 − s) with s = sigmoid(α · x)
  QuickGelu: ({ inputs: [x], outputs: [y], attributes: { alpha }, gradients: [g] }) => [
    () => {
      const s = scaled(x!, alpha as number).sigmoid();
      const rest = scaled(scalar(1, s.dtype).sub(s).mul(y!), alpha as number);
      return rest.add(s).mul(g!);
    },
  ],
  Where: ({ inputs: [condition], gradients: [g] }) => [
    undefined,
    () => condition!.where(g!, 0),
    () => condition!.where(scalar(0, g!.dtype), g!),
  ],
  Cast: unary((g, x) => g.cast(x.dtype)),
} satisfies Record<string, GradientRule>;
