import { MiniGPT4Error, type DType, type Shape } from '@minigpt4/core';
import type { Node } from '../node.js';
import { onnxTypes } from '../ops/elementwise.js';
import { int64, type Tensor } from '../tensor.js';
import { IntegerProducts } from './integer-products.js';
import type { ModelBuilder } from './model-builder.js';
import { isPlainProduct } from './plain-products.js';
import type {
  BlockSource,
  ColumnSource,
  Int4Source,
  IntegerSource,
  StoredSource,
  WeightSource,
} from './weight-source.js';

/** Number of the element type in ONNX that packs two a byte. */
const uint4 = 21;

/** What the engine calls rounding the float factor to 8 bits. */
const int8Activations = 4;

/** Names of a product's node, of its float factor and of its result. */
interface NamedProduct {
  readonly name: string;
  readonly x: string;
  readonly output: string;
}

/** Writes stored weights, and what turns them into the numbers that a graph computes with. */
export class Parameters {
  private readonly integerProducts: IntegerProducts;
  /** Names of weights that were cast for all their uses. */
  private readonly casts = new Set<string>();

  constructor(
    private readonly model: ModelBuilder,
    private readonly sources: ReadonlyMap<string, WeightSource>,
  ) {
    this.integerProducts = new IntegerProducts(model);
  }

  /** The name of a parameter's elements in the graph's type. `use` is a name for this use alone. */
  read(tensor: Tensor, use: string): string {
    const name = parameterName(tensor)!;
    const source = this.sources.get(name);
    if (source === undefined) return name;
    switch (source.kind) {
      case 'integer':
      case 'columns':
      case 'blocks':
        throw new MiniGPT4Error(
          'QUANTIZED_USE',
          `encodeModel: a weight of whole numbers is used otherwise, expected products alone of "${name}", got ${use}. Bind it as it is stored.`,
        );
      case 'int4':
        return this.fromBlocks(tensor, source, use);
      case 'half':
        return this.cast(this.stored(tensor, source.stored), use, tensor.dtype);
      default:
        return storedType(source) === tensor.dtype ? this.stored(tensor, source) : this.castOnce(tensor, source);
    }
  }

  /** A stored table, for look-ups of rows that are cast after it; undefined for other tensors. */
  table(tensor: Tensor): { readonly stored: string; readonly type: DType } | undefined {
    const source = this.sources.get(parameterName(tensor) ?? '');
    const from = source?.kind === 'half' ? source.stored : source;
    if (from?.kind !== 'file' && from?.kind !== 'memory') return undefined;
    return { stored: this.stored(tensor, from), type: storedType(from) };
  }

  /** Writes a node that is a product with a matrix of whole numbers; false for others. `left` names its left factor. */
  addProduct(node: Node, { name, left, output }: { name: string; left: () => string; output: string }): boolean {
    const weight = isPlainProduct(node) ? node.inputs[1]! : undefined;
    const source = weight === undefined ? undefined : this.sources.get(parameterName(weight) ?? '');
    if (weight === undefined || source === undefined) return false;
    const transposed = node.attributes['transB'] === 1;
    if (source.kind === 'integer') {
      const matrices = source.parts.map((_, i) => this.integers(weight, source, { part: i, transposed }));
      const scales = this.scales(weight, source);
      this.integerProducts.add({ name, x: left(), transposed, matrices, scales, output });
      return true;
    }
    if (!transposed || (source.kind !== 'columns' && source.kind !== 'blocks')) return false;
    if (source.kind === 'columns') this.addColumnProduct(weight, source, { name, x: left(), output });
    else this.addBlockProduct(weight, source, { name, x: left(), output });
    return true;
  }

  private addColumnProduct(weight: Tensor, source: ColumnSource, product: NamedProduct): void {
    const [outputs, inputs] = weight.shape as [number, number];
    const values = this.model.weight(`${parameterName(weight)!}/values`, [inputs, outputs], source.values);
    const scales = this.scales(weight, source);
    const factors = { ...product, matrices: [values], scales };
    if (source.together === true) this.integerProducts.addTogether(factors);
    else this.integerProducts.add({ ...factors, transposed: true, parts: source.parts });
  }

  private addBlockProduct(
    weight: Tensor,
    { bits, blockSize, values, scales, zeroPoints }: BlockSource,
    { name, x, output }: NamedProduct,
  ): void {
    const { model } = this;
    const [outputs, inputs] = weight.shape as [number, number];
    const blocks = Math.ceil(inputs / blockSize);
    const parameter = parameterName(weight)!;
    const operands = [
      x,
      model.weight(`${parameter}/values`, [outputs, blocks, (blockSize * bits) / 8], values),
      model.weight(`${parameter}/scales`, [outputs, blocks], scales),
    ];
    if (zeroPoints !== undefined) {
      operands.push(model.weight(`${parameter}/zero_points`, [outputs, Math.ceil((blocks * bits) / 8)], zeroPoints));
    }
    const attributes = { K: inputs, N: outputs, bits, block_size: blockSize, accuracy_level: int8Activations };
    model.addNode(name, { opType: 'MatMulNBits', domain: 'com.microsoft', attributes }, operands, [output]);
  }

  /** Writes a cast to `name`. */
  cast(from: string, name: string, dtype: DType): string {
    this.model.addNode(`${name}/Cast`, { opType: 'Cast', attributes: { to: onnxTypes[dtype] } }, [from], [name]);
    return name;
  }

  private castOnce(tensor: Tensor, source: StoredSource): string {
    const name = `${parameterName(tensor)!}/${tensor.dtype}`;
    if (!this.casts.has(name)) this.cast(this.stored(tensor, source), name, tensor.dtype);
    this.casts.add(name);
    return name;
  }

  private stored(tensor: Tensor, source: StoredSource): string {
    return this.model.weight(parameterName(tensor)!, tensor.shape as Shape, source);
  }

  private integers(tensor: Tensor, { parts }: IntegerSource, at: { part: number; transposed: boolean }): string {
    const [outputs, inputs] = tensor.shape as [number, number];
    const name = `${parameterName(tensor)!}/${at.transposed ? 'columns' : 'rows'}_${at.part}`;
    const { rows, columns } = parts[at.part]!;
    return at.transposed
      ? this.model.weight(name, [inputs, outputs], columns)
      : this.model.weight(name, [outputs, inputs], rows);
  }

  private scales(tensor: Tensor, { scales }: IntegerSource | ColumnSource): string {
    return this.model.weight(`${parameterName(tensor)!}/scales`, tensor.shape.slice(0, 1) as Shape, scales);
  }

  private fromBlocks(tensor: Tensor, { blockSize, values, scales, offsets }: Int4Source, use: string): string {
    const { model } = this;
    const name = parameterName(tensor)!;
    const [outputs, inputs] = tensor.shape as [number, number];
    const ofBlocks = (part: string, source: StoredSource) => {
      const stored = model.weight(`${name}/${part}`, [outputs, inputs / blockSize, 1], source);
      return this.cast(stored, `${use}/${part}`, 'float32');
    };
    // three dimensions, so that one block is one row of the numbers and has one scale
    const numbers = model.weight(`${name}/values`, [outputs, inputs / blockSize, blockSize], values, uint4);
    const operation = { opType: 'DequantizeLinear', attributes: { axis: 2, block_size: blockSize } };
    const scaled = model.add(`${use}/scaled`, operation, [numbers, ofBlocks('scales', scales)]);
    const moved = model.add(`${use}/moved`, { opType: 'Add' }, [scaled, ofBlocks('offsets', offsets)]);
    return model.add(use, { opType: 'Reshape' }, [moved, model.constant(int64([outputs, inputs]).value!)]);
  }
}

function parameterName({ source }: Tensor): string | undefined {
  return source.kind === 'parameter' ? source.name : undefined;
}

function storedType(source: StoredSource): DType {
  return source.kind === 'file' ? source.dtype : source.tensor.dtype;
}
