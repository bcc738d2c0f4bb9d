import { hostTensor } from '@minigpt4/core';
import type { ModelBuilder } from './model-builder.js';

/** A tensor of (…, size) rounded row by row: scale · (first part + second part / 254). */
interface Rounded {
  /** Name of the first part: uint8, counted from 128. */
  readonly first: string;
  /** Name of the second part, which is made at its first use. */
  readonly second: () => string;
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
  /** Parts of eight bits that the float factor is rounded to. Defaults to 2. */
  readonly parts?: 1 | 2;
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
/** The dimension of rows. */
const rows = { attributes: { axis: -2 } };
const lastAxis = hostTensor('int64', [1], BigInt64Array.of(-1n));

/** Writes products with matrices of whole numbers; a factor that several of them share is rounded once. */
export class IntegerProducts {
  private readonly rounded = new Map<string, Rounded>();
  /** Names of both parts of a factor as rows of one, by that of the first. */
  private readonly together = new Map<string, string>();

  constructor(private readonly model: ModelBuilder) {}

  /** Adds the nodes of one product. */
  add({ name, x, transposed, matrices, scales, output, parts = 2 }: IntegerProduct): void {
    const { model } = this;
    // on the way back the scales belong to the dimension that is summed over, and so to the other factor
    const factor = transposed ? x : model.add(`${name}/scaled`, { opType: 'Mul' }, [x, scales]);
    const { first, second, scale } = this.round(factor);
    const columnScales = transposed ? scales : model.constant(one);
    const product = (part: 0 | 1, matrix: 0 | 1) => {
      const step = model.constant(part + matrix === 0 ? one : fraction);
      const operands = [
        part === 0 ? first : second(),
        matrices[matrix]!,
        step,
        columnScales,
        model.constant(zeroPoint),
      ];
      const operation = { opType: 'MatMulIntegerToFloat', domain: 'com.microsoft' };
      return model.add(`${name}/product_${part}${matrix}`, operation, operands);
    };
    // the product of the two second parts is left out: it is smaller than what rounding the float factor loses
    const terms = [
      product(0, 0),
      ...(parts === 2 ? [product(1, 0)] : []),
      ...(matrices.length === 2 ? [product(0, 1)] : []),
    ];
    const sum = terms.reduce((total, term, i) => model.add(`${name}/sum_${i}`, { opType: 'Add' }, [total, term]));
    model.addNode(name, { opType: 'Mul' }, [sum, scale], [output]);
  }

  /**
   * Adds the nodes of one product x · Wᵀ that reads the matrix once for both parts of x, as rows of one factor: what takes
   * time with few rows is the matrix.
   */
  addTogether({ name, x, matrices, scales, output }: Omit<IntegerProduct, 'transposed' | 'parts'>): void {
    const { model } = this;
    const { first, second, scale } = this.round(x);
    const both = this.together.get(first) ?? model.add(`${x}/both`, { opType: 'Concat', ...rows }, [first, second()]);
    this.together.set(first, both);
    const operands = [both, matrices[0]!, model.constant(one), scales, model.constant(zeroPoint)];
    const sums = model.add(`${name}/sums`, { opType: 'MatMulIntegerToFloat', domain: 'com.microsoft' }, operands);
    const split = { opType: 'Split', attributes: { ...rows.attributes, num_outputs: 2 } };
    const [whole, rest] = [`${name}/whole`, `${name}/rest`] as const;
    model.addNode(`${name}/parts`, split, [sums], [whole, rest]);
    const fractions = model.add(`${name}/fractions`, { opType: 'Mul' }, [rest, model.constant(fraction)]);
    const sum = model.add(`${name}/sum`, { opType: 'Add' }, [whole, fractions]);
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
    let rest: string | undefined;
    const second = () => (rest ??= this.roundRest(x, steps, first));
    const result: Rounded = { first, second, scale };
    this.rounded.set(x, result);
    return result;
  }

  /** What is left of the steps after the first part, rounded. */
  private roundRest(x: string, steps: string, first: string): string {
    const { model } = this;
    const zero = model.constant(zeroPoint);
    const add = (part: string, opType: string, inputs: readonly string[]) =>
      model.add(`${x}/${part}`, { opType }, inputs);
    const whole = add('whole', 'DequantizeLinear', [first, model.constant(one), zero]);
    const rest = add('rest', 'Sub', [steps, whole]);
    return add('second', 'QuantizeLinear', [rest, model.constant(fraction), zero]);
  }
}
