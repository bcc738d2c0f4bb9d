import { hostTensor } from '@minigpt4/core';
import type { ModelBuilder } from './model-builder.js';

/** A tensor of (…, size) rounded row by row: scale · (first part + second part / 254). */
interface Rounded {
  /** Names of two uint8 tensors, counted from 128. */
  readonly parts: readonly [string, string];
  /** Name of (…, 1). */
  readonly scale: string;
}

/** A product of a float tensor with a matrix of whole numbers. */
export interface IntegerProduct {
  /** Name that the nodes begin with. */
  readonly name: string;
  /** Name of the float factor: (…, inputs), or (…, outputs) on the way back. */
  readonly x: string;
  /** x · Wᵀ as in a forward pass, or x · W as on the way back. */
  readonly transposed: boolean;
  /** Names of the matrix's parts in the layout of the product: int8 (inputs, outputs), or (outputs, inputs). */
  readonly matrices: readonly string[];
  /** Name of float32 (outputs). */
  readonly scales: string;
  /** Name of the result. */
  readonly output: string;
}

const float = (value: number) => hostTensor('float32', [], Float32Array.of(value));
const one = float(1);
/** Parts reach from −127 to 127. */
const perPart = float(1 / 127);
/** The second part counts in steps of this, of which 127 are half a step of the first. */
const fraction = float(1 / 254);
const zeroPoint = hostTensor('uint8', [], Uint8Array.of(128));
/** Keeps rows of zeros, such as the gradient of padding, from being divided by zero. */
const smallest = float(1e-30);
const lastAxis = hostTensor('int64', [1], BigInt64Array.of(-1n));

/** Writes products with matrices of whole numbers; a factor that several of them share is rounded once. */
export class IntegerProducts {
  private readonly rounded = new Map<string, Rounded>();

  constructor(private readonly model: ModelBuilder) {}

  /** Adds the nodes of one product. */
  add({ name, x, transposed, matrices, scales, output }: IntegerProduct): void {
    const { model } = this;
    // on the way back the scales belong to the dimension that is summed over, and so to the other factor
    const factor = transposed ? x : model.add(`${name}/scaled`, { opType: 'Mul' }, [x, scales]);
    const { parts, scale } = this.round(factor);
    const columnScales = transposed ? scales : model.constant(one);
    const product = (part: 0 | 1, matrix: 0 | 1) => {
      const step = model.constant(part + matrix === 0 ? one : fraction);
      const operands = [parts[part], matrices[matrix]!, step, columnScales, model.constant(zeroPoint)];
      const operation = { opType: 'MatMulIntegerToFloat', domain: 'com.microsoft' };
      return model.add(`${name}/product_${part}${matrix}`, operation, operands);
    };
    // the product of the two second parts is left out: it is smaller than what rounding the float factor loses
    const terms = [product(0, 0), product(1, 0), ...(matrices.length === 2 ? [product(0, 1)] : [])];
    const sum = terms.reduce((total, term, i) => model.add(`${name}/sum_${i}`, { opType: 'Add' }, [total, term]));
    model.addNode(name, { opType: 'Mul' }, [sum, scale], [output]);
  }

  private round(x: string): Rounded {
    const known = this.rounded.get(x);
    if (known !== undefined) return known;
    const { model } = this;
    const zero = model.constant(zeroPoint);
    const add = (part: string, opType: string, inputs: readonly string[], attributes = {}) =>
      model.add(`${x}/${part}`, { opType, attributes }, inputs);
    const magnitudes = add('magnitudes', 'Abs', [x]);
    const largest = add('largest', 'ReduceMax', [magnitudes, model.constant(lastAxis)], { keepdims: 1 });
    const step = add('step', 'Mul', [largest, model.constant(perPart)]);
    const scale = add('scale', 'Add', [step, model.constant(smallest)]);
    const steps = add('steps', 'Div', [x, scale]);
    const first = add('first', 'QuantizeLinear', [steps, model.constant(one), zero]);
    const whole = add('whole', 'DequantizeLinear', [first, model.constant(one), zero]);
    const rest = add('rest', 'Sub', [steps, whole]);
    const second = add('second', 'QuantizeLinear', [rest, model.constant(fraction), zero]);
    const result: Rounded = { parts: [first, second], scale };
    this.rounded.set(x, result);
    return result;
  }
}
