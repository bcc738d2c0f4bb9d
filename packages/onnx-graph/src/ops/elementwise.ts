import { MiniGPT4Error, type DType } from '@minigpt4/core';
import { broadcastShapes } from '../broadcast.js';
import type { Tensor } from '../tensor.js';
import type { Op } from './op.js';

function requireSameType(a: Tensor, b: Tensor, where: string): void {
  if (a.dtype === b.dtype) return;
  throw new MiniGPT4Error(
    'DTYPE_MISMATCH',
    `${where}: operands differ in type, expected ${a.dtype} on both sides, got ${b.dtype}. Cast one of them.`,
  );
}

const unary: Op = { infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }] };

const binary: Op = {
  infer([a, b], _, where) {
    requireSameType(a!, b!, where);
    return [{ dtype: a!.dtype, shape: broadcastShapes(a!.shape, b!.shape, where) }];
  },
};

const comparison: Op = {
  infer([a, b], _, where) {
    requireSameType(a!, b!, where);
    return [{ dtype: 'bool', shape: broadcastShapes(a!.shape, b!.shape, where) }];
  },
};

/** ONNX numbers of the element types, as in TensorProto.DataType. */
export const onnxTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

const dtypeOfOnnx = new Map(Object.entries(onnxTypes).map(([dtype, number]) => [number, dtype as DType]));

export const elementwiseOps = {
  Add: binary,
  Sub: binary,
  Mul: binary,
  Div: binary,
  Pow: binary,
  Neg: unary,
  Sqrt: unary,
  Reciprocal: unary,
  Exp: unary,
  Log: unary,
  Erf: unary,
  Tanh: unary,
  Sigmoid: unary,
  Relu: unary,
  Sin: unary,
  Cos: unary,
  /** x · ½ · (1 + erf(x / √2)), the exact form. */
  Gelu: unary,
  /** x · sigmoid(x). */
  QuickGelu: { ...unary, domain: 'com.microsoft', attributes: { alpha: 'float' } },
  Equal: comparison,
  Less: comparison,
  LessOrEqual: comparison,
  Greater: comparison,
  And: comparison,
  Not: unary,
  Where: {
    infer([condition, a, b], _, where) {
      requireSameType(a!, b!, where);
      const chosen = broadcastShapes(a!.shape, b!.shape, where);
      return [{ dtype: a!.dtype, shape: broadcastShapes(condition!.shape, chosen, where) }];
    },
  },
  Cast: {
    attributes: { to: 'int' },
    infer: ([x], { to }) => [{ dtype: dtypeOfOnnx.get(to as number)!, shape: x!.shape }],
  },
} satisfies Record<string, Op>;
