import { hostTensor, MiniGPT4Error, type DType, type HostTensor } from '@minigpt4/core';
import { formatShape, sameDims, type SymbolicShape } from './dims.js';
import type { Node, TensorSource } from './node.js';
import { onnxTypes } from './ops/elementwise.js';
import { opTable, type OpName } from './ops/op-table.js';
import type { Attributes } from './ops/op.js';
import { reshapeTarget } from './reshape-target.js';
import { currentScope } from './scope.js';

/** A tensor that does not exist yet: its type, and how to get it. Operations on it build the graph. */
export class Tensor {
  constructor(
    readonly dtype: DType,
    readonly shape: SymbolicShape,
    readonly source: TensorSource,
    /** The sizes this int64 vector stands for, where it was made from a symbolic shape. */
    readonly symbolicValue?: SymbolicShape,
  ) {}

  /** Elements of a constant. */
  get value(): HostTensor | undefined {
    return this.source.kind === 'constant' ? this.source.value : undefined;
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  add(other: Tensor | number): Tensor {
    return apply('Add', [this, this.operand(other)]);
  }

  sub(other: Tensor | number): Tensor {
    return apply('Sub', [this, this.operand(other)]);
  }

  mul(other: Tensor | number): Tensor {
    return apply('Mul', [this, this.operand(other)]);
  }

  div(other: Tensor | number): Tensor {
    return apply('Div', [this, this.operand(other)]);
  }

  pow(exponent: Tensor | number): Tensor {
    return apply('Pow', [this, this.operand(exponent)]);
  }

  neg(): Tensor {
    return apply('Neg', [this]);
  }

  sqrt(): Tensor {
    return apply('Sqrt', [this]);
  }

  reciprocal(): Tensor {
    return apply('Reciprocal', [this]);
  }

  exp(): Tensor {
    return apply('Exp', [this]);
  }

  log(): Tensor {
    return apply('Log', [this]);
  }

  erf(): Tensor {
    return apply('Erf', [this]);
  }

  tanh(): Tensor {
    return apply('Tanh', [this]);
  }

  sigmoid(): Tensor {
    return apply('Sigmoid', [this]);
  }

  relu(): Tensor {
    return apply('Relu', [this]);
  }

  sin(): Tensor {
    return apply('Sin', [this]);
  }

  cos(): Tensor {
    return apply('Cos', [this]);
  }

  /** x · ½ · (1 + erf(x / √2)). */
  gelu(): Tensor {
    return apply('Gelu', [this]);
  }

  /** x · sigmoid(x). */
  silu(): Tensor {
    return apply('QuickGelu', [this], { alpha: 1 });
  }

  equal(other: Tensor | number): Tensor {
    return apply('Equal', [this, this.operand(other)]);
  }

  less(other: Tensor | number): Tensor {
    return apply('Less', [this, this.operand(other)]);
  }

  lessOrEqual(other: Tensor | number): Tensor {
    return apply('LessOrEqual', [this, this.operand(other)]);
  }

  greater(other: Tensor | number): Tensor {
    return apply('Greater', [this, this.operand(other)]);
  }

  and(other: Tensor): Tensor {
    return apply('And', [this, other]);
  }

  not(): Tensor {
    return apply('Not', [this]);
  }

  /** This bool tensor's choice: `a` where true, `b` where false. */
  where(a: Tensor, b: Tensor | number): Tensor {
    return apply('Where', [this, a, typeof b === 'number' ? scalar(b, a.dtype) : b]);
  }

  /** The same values in another type; the tensor itself where it already has it. */
  cast(dtype: DType): Tensor {
    return dtype === this.dtype ? this : apply('Cast', [this], { to: onnxTypes[dtype] });
  }

  /** Matrix product over the last two dimensions, other dimensions broadcast. */
  matmul(other: Tensor): Tensor {
    return apply('MatMul', [this, other]);
  }

  /** `scale` · A · B, with factors transposed as {@link MatMulOptions} says, in one kernel. */
  fusedMatmul(other: Tensor, options: MatMulOptions): Tensor {
    return apply('FusedMatMul', [this, other], {
      alpha: options.scale ?? 1,
      transA: Number(options.transposeA ?? false),
      transB: Number(options.transposeB ?? false),
      transBatchA: 0,
      transBatchB: Number(options.batchInsideB ?? false),
    });
  }

  /**
   * The same elements in another shape; one size may be −1, which then follows from the others. Symbolic sizes must be
   * this tensor's own or those of `like`, but for one that follows from the others.
   */
  reshape(shape: SymbolicShape, ...like: readonly Tensor[]): Tensor {
    const known = [this, ...like];
    const target = reshapeTarget(
      this.shape,
      shape,
      known.map(tensor => tensor.shape),
    );
    return apply('Reshape', [this, shapeVector(target, known)]);
  }

  /** Dimensions in another order. */
  transpose(perm: readonly number[]): Tensor {
    return apply('Transpose', [this], { perm: perm.map(axis => this.axis(axis)) });
  }

  /** With dimensions of size 1 put in, so that they are at `axes` of the result. */
  unsqueeze(...axes: readonly number[]): Tensor {
    return apply('Unsqueeze', [this, int64(axes.map(axis => this.axis(axis, this.rank + axes.length)))]);
  }

  /** Without the dimensions at `axes`, which are of size 1. */
  squeeze(...axes: readonly number[]): Tensor {
    return apply('Squeeze', [this, this.axes(axes)]);
  }

  /** Repeated along dimensions of size 1. Symbolic sizes are read from `like`, whose shapes must hold them. */
  expand(shape: SymbolicShape, ...like: readonly Tensor[]): Tensor {
    return apply('Expand', [this, shapeVector(shape, [this, ...like])]);
  }

  /** This tensor and others one after another along `axis`. */
  concat(others: readonly Tensor[], axis: number): Tensor {
    return apply('Concat', [this, ...others], { axis: this.axis(axis) });
  }

  /** Parts of the given sizes along `axis`. Symbolic sizes are read from `like`, whose shapes must hold them. */
  split(sizes: SymbolicShape, axis: number, ...like: readonly Tensor[]): Tensor[] {
    return applyAll('Split', [this, shapeVector(sizes, [this, ...like])], { axis: this.axis(axis) });
  }

  /**
   * The range [start, end) along `axis`; negative bounds count from the end, and an end of 2³¹ or more is the end.
   * Bounds of a symbolic size are taken on trust.
   */
  slice(start: number, end: number, axis: number): Tensor {
    return apply('Slice', [this, int64([start]), int64([end]), this.axes([axis])]);
  }

  /** Zeros before and after along each axis; negative numbers cut off instead. */
  pad(before: readonly number[], after: readonly number[]): Tensor {
    return apply('Pad', [this, int64([...before, ...after])]);
  }

  /** Slices by index along `axis`: this (…, n, …) and indices to (…, indices…, …). */
  gather(indices: Tensor, axis = 0): Tensor {
    return apply('Gather', [this, indices], { axis: this.axis(axis) });
  }

  /** One element per index along `axis`; the result has the indices' shape. */
  gatherElements(indices: Tensor, axis: number): Tensor {
    return apply('GatherElements', [this, indices], { axis: this.axis(axis) });
  }

  /** This tensor with `updates` added at `indices` (both of this rank) along `axis`; an index may come several times. */
  scatterAdd(indices: Tensor, updates: Tensor, axis: number): Tensor {
    return apply('ScatterElements', [this, indices, updates], { axis: this.axis(axis), reduction: 'add' });
  }

  /** Sizes of this tensor as an int64 vector at run time. */
  shapeAtRun(): Tensor {
    return apply('Shape', [this]);
  }

  /** Sum along `axes`, which disappear or stay with size 1. */
  sum(axes: readonly number[], keep = false): Tensor {
    return this.reduce('ReduceSum', axes, keep);
  }

  /** Mean along `axes`, which disappear or stay with size 1. */
  mean(axes: readonly number[], keep = false): Tensor {
    return this.reduce('ReduceMean', axes, keep);
  }

  /** Maximum along `axes`, which disappear or stay with size 1. */
  max(axes: readonly number[], keep = false): Tensor {
    return this.reduce('ReduceMax', axes, keep);
  }

  /** Index of the largest element along `axis`, which disappears. */
  argMax(axis: number): Tensor {
    return apply('ArgMax', [this], { axis: this.axis(axis), keepdims: 0 });
  }

  /** Over the last dimension. */
  softmax(): Tensor {
    return apply('Softmax', [this], { axis: this.rank - 1 });
  }

  /** Over the last dimension. */
  logSoftmax(): Tensor {
    return apply('LogSoftmax', [this], { axis: this.rank - 1 });
  }

  /** Over the last dimension: (x − mean) / √(variance + epsilon) · weight + bias. */
  layerNormalization(weight: Tensor, bias: Tensor, epsilon: number): Tensor {
    return apply('LayerNormalization', [this, weight, bias], { axis: -1, epsilon });
  }

  /** Over the last dimension: x / √(mean of squares + epsilon) · weight. */
  rmsNormalization(weight: Tensor, epsilon: number): Tensor {
    return apply('RMSNormalization', [this, weight], { axis: -1, epsilon });
  }

  /** Rotary positions in half-split form; see the op table for shapes. */
  rotaryEmbedding(positions: Tensor, cosines: Tensor, sines: Tensor): Tensor {
    return apply('RotaryEmbedding', [this, positions, cosines, sines], { interleaved: 0 });
  }

  /** Two-dimensional convolution whose windows step by `stride`; see the op table for shapes. */
  convolution(weight: Tensor, bias: Tensor, stride: number): Tensor {
    const kernel = weight.shape.slice(2) as number[];
    return apply('Conv', [this, weight, bias], { strides: [stride, stride], kernel_shape: kernel });
  }

  private reduce(op: OpName, axes: readonly number[], keep: boolean): Tensor {
    // without axes ONNX would reduce them all
    return axes.length === 0 ? this : apply(op, [this, this.axes(axes)], { keepdims: Number(keep) });
  }

  private axes(axes: readonly number[]): Tensor {
    return int64(axes.map(axis => this.axis(axis)));
  }

  /** An axis counted from the front, where negative ones count from the end. */
  private axis(axis: number, rank = this.rank): number {
    if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
    throw new MiniGPT4Error(
      'AXIS_OUT_OF_RANGE',
      `${currentScope()}/Tensor: no such axis, expected ${-rank} to ${rank - 1} for shape ${formatShape(this.shape)}, got ${axis}. Correct the axis.`,
    );
  }

  private operand(other: Tensor | number): Tensor {
    return typeof other === 'number' ? scalar(other, this.dtype) : other;
  }
}

/** How the factors of {@link Tensor.fusedMatmul} are laid out. */
export interface MatMulOptions {
  /** Factor on the product. Defaults to 1. */
  readonly scale?: number;
  /** Swaps the last two dimensions of the left factor first. Defaults to false. */
  readonly transposeA?: boolean;
  /** Swaps the last two dimensions of the right factor first. Defaults to false. */
  readonly transposeB?: boolean;
  /** The right factor is stored as (rows, …batch, columns): the layout of a growing key or value cache. Defaults to false. */
  readonly batchInsideB?: boolean;
}

/** A node of the op table on `inputs`, and its outputs as tensors. */
export function applyAll(op: OpName, inputs: readonly Tensor[], attributes: Attributes = {}): Tensor[] {
  const scope = currentScope();
  return outputsOf({ op, inputs, attributes, scope, outputs: opTable[op].infer(inputs, attributes, `${scope}/${op}`) });
}

/** The outputs of a node as tensors. */
export function outputsOf(node: Node): Tensor[] {
  return node.outputs.map(({ dtype, shape }, output) => new Tensor(dtype, shape, { kind: 'node', node, output }));
}

function apply(op: OpName, inputs: readonly Tensor[], attributes: Attributes = {}): Tensor {
  return applyAll(op, inputs, attributes)[0]!;
}

/** A tensor fed at each run under `name`; names in the shape are sizes known only then. */
export function input(name: string, dtype: DType, shape: SymbolicShape): Tensor {
  return new Tensor(dtype, shape, { kind: 'input', name });
}

/** A tensor read from a checkpoint under `name` (or fed like an input, where the graph is encoded without it). */
export function parameter(name: string, shape: readonly number[], dtype: DType = 'float32'): Tensor {
  return new Tensor(dtype, shape, { kind: 'parameter', name });
}

/** A tensor known when the graph is built; it is stored in the graph. */
export function constant(value: HostTensor): Tensor {
  return new Tensor(value.dtype, value.shape, { kind: 'constant', value });
}

/** A constant of rank 0. @throws `DTYPE_MISMATCH` for a type that cannot hold it. */
export function scalar(value: number, dtype: DType = 'float32'): Tensor {
  if (dtype === 'int64') return constant(hostTensor('int64', [], BigInt64Array.of(BigInt(value))));
  if (dtype === 'float32') return constant(hostTensor('float32', [], Float32Array.of(value)));
  if (dtype === 'float16' || dtype === 'float64') return scalar(value).cast(dtype);
  throw new MiniGPT4Error(
    'DTYPE_MISMATCH',
    `scalar: no constant of this type, expected float32, float16, float64 or int64, got ${dtype}. Cast the other operand.`,
  );
}

/** A constant int64 vector. */
export function int64(values: readonly number[]): Tensor {
  return constant(hostTensor('int64', [values.length], BigInt64Array.from(values, BigInt)));
}

/** Shape as an int64 vector: constant where every size is known, else put together at run time from the sizes of `like`. */
function shapeVector(shape: SymbolicShape, like: readonly Tensor[]): Tensor {
  if (shape.every(size => typeof size === 'number')) return int64(shape);
  const whole = like.find(tensor => sameDims(tensor.shape, shape))?.shapeAtRun();
  const vector = whole ?? joined(shape.map(size => (typeof size === 'number' ? int64([size]) : sizeAtRun(size, like))));
  return new Tensor('int64', vector.shape, vector.source, shape);
}

function joined([first, ...others]: readonly Tensor[]): Tensor {
  return others.length === 0 ? first! : first!.concat(others, 0);
}

/** One symbolic size as an int64 vector of length 1, read at run time from the first tensor that has it. */
function sizeAtRun(size: string, like: readonly Tensor[]): Tensor {
  const holder = like.find(tensor => tensor.shape.includes(size));
  if (holder !== undefined) {
    const at = holder.shape.indexOf(size);
    return holder.shapeAtRun().slice(at, at + 1, 0);
  }
  throw new MiniGPT4Error(
    'SYMBOLIC_DIMENSION',
    `shapeVector: size cannot be computed, expected one of ${like.map(tensor => formatShape(tensor.shape)).join(' ')}, got "${size}". Pass a tensor that has it as \`like\`.`,
  );
}
