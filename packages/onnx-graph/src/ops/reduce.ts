import type { Tensor } from '../tensor.js';
import type { Attributes, Op, TensorType } from './op.js';

function inferReduce([x, axes]: readonly Tensor[], { keepdims }: Attributes): TensorType[] {
  const reduced = Array.from(axes!.value!.data as BigInt64Array, Number);
  const kept = keepdims === 1;
  const shape = x!.shape.flatMap((size, axis) => (reduced.includes(axis) ? (kept ? [1] : []) : [size]));
  return [{ dtype: x!.dtype, shape }];
}

const reduction: Op = { attributes: { keepdims: 'int' }, infer: inferReduce };
const alongAxis: Op = { attributes: { axis: 'int' }, infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }] };

export const reduceOps = {
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  Softmax: alongAxis,
  LogSoftmax: alongAxis,
  ArgMax: {
    attributes: { axis: 'int', keepdims: 'int' },
    infer: ([x], { axis }) => [{ dtype: 'int64', shape: x!.shape.filter((_, i) => i !== axis) }],
  },
} satisfies Record<string, Op>;
