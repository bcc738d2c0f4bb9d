import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataLocation,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf';

/** ONNX's numbers of the element types that are written. */
const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7 } as const;

/** An element type that is written. */
export type OnnxType = keyof typeof elementTypes;

/** Weights begin at a multiple of a page, so that an engine can map them. */
const page = 4096;

/** Writes an ONNX model node by node, its weights straight to a second file beside it, as exporters do for large ones. */
export class OnnxFile {
  readonly #nodes: NodeProto[] = [];
  readonly #weights: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  #length = 0;

  private constructor(
    private readonly dataPath: string,
    private readonly data: FileHandle,
  ) {}

  /** Starts the file with the weights. */
  static async create(dataPath: string): Promise<OnnxFile> {
    return new OnnxFile(dataPath, await open(dataPath, 'w'));
  }

  input(name: string, type: OnnxType, shape: readonly (number | string)[]): string {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  output(name: string, type: OnnxType, shape: readonly (number | string)[]): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /**
   * Adds a node, named with its domain unless that is the standard one; plain attributes are whole numbers, those in a
   * list floats. Gives its first output.
   */
  node(
    operation: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, number | readonly number[]>> = {},
  ): string {
    const opType = operation.slice(operation.lastIndexOf('.') + 1);
    const domain = operation.slice(0, -opType.length - 1);
    const attribute = Object.entries(attributes).map(([name, value]) =>
      typeof value === 'number'
        ? create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) })
        : create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value[0]! }),
    );
    const name = outputs[0]!;
    this.#nodes.push(
      create(NodeProtoSchema, { opType, domain, name, input: [...inputs], output: [...outputs], attribute }),
    );
    return name;
  }

  /** A small tensor within the model. */
  constant(name: string, type: OnnxType, shape: readonly number[], data: NodeJS.ArrayBufferView): string {
    const rawData = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    this.#weights.push(create(TensorProtoSchema, { ...tensor(name, type, shape), rawData }));
    return name;
  }

  /** A tensor in the second file, of pieces that are written one after another. */
  async weight(name: string, type: OnnxType, shape: readonly number[], pieces: Iterable<Uint8Array>): Promise<string> {
    await this.#write(Buffer.alloc((page - (this.#length % page)) % page));
    const offset = this.#length;
    for (const piece of pieces) await this.#write(piece);
    const place = { location: basename(this.dataPath), offset, length: this.#length - offset };
    const externalData = Object.entries(place).map(([key, value]) => ({ key, value: `${value}` }));
    const dataLocation = TensorProto_DataLocation.EXTERNAL;
    this.#weights.push(create(TensorProtoSchema, { ...tensor(name, type, shape), dataLocation, externalData }));
    return name;
  }

  /** Ends both files; gives the model's bytes. */
  async finish(): Promise<Uint8Array> {
    await this.data.close();
    const graph = create(GraphProtoSchema, {
      name: 'model',
      node: this.#nodes,
      initializer: this.#weights,
      input: this.#inputs,
      output: this.#outputs,
    });
    const opsetImport = [
      { domain: '', version: 21n },
      { domain: 'com.microsoft', version: 1n },
    ];
    return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 10n, opsetImport, graph }));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.data.writeFile(bytes);
    this.#length += bytes.length;
  }
}

function tensor(name: string, type: OnnxType, shape: readonly number[]) {
  return { name, dataType: elementTypes[type], dims: shape.map(BigInt) };
}

function valueInfo(name: string, type: OnnxType, shape: readonly (number | string)[]): ValueInfoProto {
  const dim = shape.map(size => ({
    value:
      typeof size === 'number'
        ? ({ case: 'dimValue', value: BigInt(size) } as const)
        : ({ case: 'dimParam', value: size } as const),
  }));
  const value = { elemType: elementTypes[type], shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value } } });
}
