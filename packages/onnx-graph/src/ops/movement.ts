import { MiniGPT4Error } from '@minigpt4/core';
import { broadcastShapes } from '../broadcast.js';
import { addDims, divideDims, formatShape, multiplyDims, type Dim } from '../dims.js';
import type { Tensor } from '../tensor.js';
import type { Op } from './op.js';

/** The whole numbers of a constant int64 input. @throws `CONSTANT_EXPECTED` when it is computed by the graph. */
export function integers(tensor: Tensor, where: string): number[] {
  if (tensor.value?.dtype === 'int64') return Array.from(tensor.value.data as BigInt64Array, Number);
  throw new MiniGPT4Error(
    'CONSTANT_EXPECTED',
    `${where}: this input must be constant, expected int64 numbers, got a computed ${tensor.dtype} tensor. Pass numbers.`,
  );
}

function inferReshape([x, target]: readonly Tensor[], where: string): Dim[] {
  const shape = target!.symbolicValue ?? integers(target!, where);
  const total = multiplyDims(...x!.shape);
  const copied = shape.map((size, i) => (size === 0 ? x!.shape[i]! : size));
  const known = multiplyDims(...copied.filter(size => size !== -1));
  const rest = divideDims(total, known);
  const resolved = copied.map(size => (size === -1 ? rest : size));
  if (rest === undefined || (rest !== 1 && !copied.includes(-1))) {
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `${where}: element counts differ, expected ${formatShape(x!.shape)} = ${total} elements, got ${formatShape(copied)}. Check the target shape.`,
    );
  }
  return resolved as Dim[];
}

/** Ends of slices from here on mean the end of the axis, whatever its size. */
export const AXIS_END = 2 ** 31;

/** Size of a sliced range, clamped as ONNX does; the bounds of a symbolic size are taken on trust. */
function slicedSize(size: Dim, start: number, end: number): Dim {
  if (typeof size === 'number') {
    const clamp = (i: number) => Math.min(Math.max(i < 0 ? i + size : i, 0), size);
    return Math.max(clamp(end) - clamp(start), 0);
  }
  const bound = (i: number) => (i < 0 ? addDims(size, i) : i >= AXIS_END ? size : i);
  return addDims(bound(end), multiplyDims(-1, bound(start)));
}

export const movementOps = {
  Identity: { infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }] },
  Reshape: { infer: (inputs, _, where) => [{ dtype: inputs[0]!.dtype, shape: inferReshape(inputs, where) }] },
  Transpose: {
    attributes: { perm: 'ints' },
    infer: ([x], { perm }) => [{ dtype: x!.dtype, shape: (perm as number[]).map(axis => x!.shape[axis]!) }],
  },
  Unsqueeze: {
    infer([x, axes], _, where) {
      const shape = [...x!.shape];
      for (const axis of integers(axes!, where).sort((a, b) => a - b)) shape.splice(axis, 0, 1);
      return [{ dtype: x!.dtype, shape }];
    },
  },
  Squeeze: {
    infer([x, axes], _, where) {
      const dropped = integers(axes!, where);
      return [{ dtype: x!.dtype, shape: x!.shape.filter((_size, axis) => !dropped.includes(axis)) }];
    },
  },
  Expand: {
    infer([x, target], _, where) {
      const shape = target!.symbolicValue ?? integers(target!, where);
      return [{ dtype: x!.dtype, shape: broadcastShapes(x!.shape, shape, where) }];
    },
  },
  Concat: {
    attributes: { axis: 'int' },
    infer(inputs, { axis }, where) {
      const [first] = inputs;
      const at = axis as number;
      for (const other of inputs) {
        const fits =
          other.dtype === first!.dtype &&
          other.shape.length === first!.shape.length &&
          other.shape.every((size, i) => i === at || size === first!.shape[i]);
        if (fits) continue;
        throw new MiniGPT4Error(
          'SHAPE_MISMATCH',
          `${where}: parts do not fit, expected ${first!.dtype} ${formatShape(first!.shape)} but for axis ${at}, got ${other.dtype} ${formatShape(other.shape)}. Check the parts' sizes.`,
        );
      }
      const shape = first!.shape.map((size, i) => (i === at ? addDims(...inputs.map(t => t.shape[at]!)) : size));
      return [{ dtype: first!.dtype, shape }];
    },
  },
  Split: {
    attributes: { axis: 'int' },
    infer([x, sizes], { axis }, where) {
      const parts = sizes!.symbolicValue ?? integers(sizes!, where);
      if (addDims(...parts) !== x!.shape[axis as number]) {
        throw new MiniGPT4Error(
          'SHAPE_MISMATCH',
          `${where}: split sizes must add up, expected ${x!.shape[axis as number]}, got ${parts.join(' + ')}. Correct the sizes.`,
        );
      }
      return parts.map(size => ({ dtype: x!.dtype, shape: x!.shape.map((old, i) => (i === axis ? size : old)) }));
    },
  },
  /** Contiguous ranges: inputs are data, starts, ends, axes. */
  Slice: {
    infer([x, starts, ends, axes], _, where) {
      const shape = [...x!.shape];
      const [first, last] = [integers(starts!, where), integers(ends!, where)];
      integers(axes!, where).forEach((axis, i) => {
        shape[axis] = slicedSize(shape[axis]!, first[i]!, last[i]!);
      });
      return [{ dtype: x!.dtype, shape }];
    },
  },
  /** Zero padding or cropping at both ends: inputs are data and pads (all starts, then all ends). */
  Pad: {
    infer([x, pads], _, where) {
      const amounts = integers(pads!, where);
      const rank = x!.shape.length;
      return [{ dtype: x!.dtype, shape: x!.shape.map((size, i) => addDims(size, amounts[i]!, amounts[i + rank]!)) }];
    },
  },
  Shape: { infer: ([x]) => [{ dtype: 'int64', shape: [x!.shape.length] }] },
} satisfies Record<string, Op>;
