import { create, toBinary } from '@bufbuild/protobuf';
import type { DType, HostTensor } from '@minigpt4/core';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf';
import type { Dim } from '../dims.js';
import type { Graph } from '../graph.js';
import { onnxTypes } from '../ops/elementwise.js';
import { opTable } from '../ops/op-table.js';
import type { AttributeKind } from '../ops/op.js';
import type { Node } from '../node.js';
import type { Tensor } from '../tensor.js';

/** Where an encoded graph finds a parameter: raw little-endian bytes in a file, or elements in memory. */
export type WeightSource =
  | {
      readonly kind: 'file';
      readonly dtype: DType;
      /** Path relative to the folder that the session is told. */
      readonly location: string;
      /** Bytes before the first element. */
      readonly offset: number;
      /** Bytes in all. */
      readonly length: number;
    }
  | { readonly kind: 'memory'; readonly tensor: HostTensor };

const IR_VERSION = 10n;
const OPSETS = [
  { domain: '', version: 21n },
  { domain: 'com.microsoft', version: 1n },
];

/**
 * The graph as an ONNX file's bytes. Parameters with a source become initializers: weights in files stay there
 * (ONNX external data), and a weight stored in another type than the graph computes in is cast where it is used, after
 * the row look-up for a table of embeddings, so that a half-precision table stays half. Parameters without a source
 * become inputs.
 */
export function encodeModel(graph: Graph, weights: ReadonlyMap<string, WeightSource> = new Map()): Uint8Array {
  const encoder = new Encoder(graph, weights);
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'minigpt4',
    opsetImport: OPSETS,
    graph: encoder.encode(),
  });
  return toBinary(ModelProtoSchema, model);
}

class Encoder {
  private readonly nodes: NodeProto[] = [];
  private readonly initializers: TensorProto[] = [];
  private readonly constants = new Map<HostTensor, string>();
  private readonly casts = new Set<string>();

  constructor(
    private readonly graph: Graph,
    private readonly weights: ReadonlyMap<string, WeightSource>,
  ) {}

  encode() {
    const inputs = [...this.graph.inputs].map(([name, tensor]) => valueInfo(name, tensor));
    for (const [name, tensor] of this.graph.parameters) {
      const source = this.weights.get(name);
      if (source === undefined) inputs.push(valueInfo(name, tensor));
      else
        this.initializers.push(
          source.kind === 'file' ? fileTensor(name, tensor, source) : memoryTensor(name, source.tensor),
        );
    }
    for (const node of this.graph.nodes) this.encodeNode(node);
    const outputs = [...this.graph.outputs].map(([name, tensor]) => this.encodeOutput(name, tensor));
    return create(GraphProtoSchema, {
      name: 'minigpt4',
      node: this.nodes,
      initializer: this.initializers,
      input: inputs,
      output: outputs,
    });
  }

  private encodeNode(node: Node): void {
    const name = this.graph.names.get(node)!;
    const table = node.op === 'Gather' ? this.storedType(node.inputs[0]!) : undefined;
    const outputs = node.outputs.map((_, i) => outputName(name, i));
    const inputs = node.inputs.map((tensor, i) =>
      table !== undefined && i === 0 ? parameterName(tensor) : this.nameOf(tensor),
    );
    this.emit(node, name, inputs, table === undefined ? outputs : [`${name}/stored`]);
    if (table !== undefined) this.emitCast(`${name}/stored`, outputs[0]!, node.inputs[0]!.dtype);
  }

  private emit(node: Node, name: string, inputs: string[], outputs: string[]): void {
    const op = opTable[node.op];
    const attribute = Object.entries(op.attributes ?? {}).flatMap(([key, kind]) => {
      const value = node.attributes[key];
      return value === undefined ? [] : [attributeProto(key, kind, value)];
    });
    const opType = op.onnxName ?? node.op;
    this.nodes.push(
      create(NodeProtoSchema, { opType, domain: op.domain ?? '', name, input: inputs, output: outputs, attribute }),
    );
  }

  private emitCast(from: string, to: string, dtype: DType): void {
    const attribute = [attributeProto('to', 'int', onnxTypes[dtype])];
    this.nodes.push(
      create(NodeProtoSchema, { opType: 'Cast', name: `${to}/Cast`, input: [from], output: [to], attribute }),
    );
  }

  /** The name under which other nodes read a tensor, casting a stored weight on first use. */
  private nameOf(tensor: Tensor): string {
    const { source } = tensor;
    if (source.kind === 'node') return outputName(this.graph.names.get(source.node)!, source.output);
    if (source.kind === 'input') return source.name;
    if (source.kind === 'constant') return this.constantName(source.value);
    if (this.storedType(tensor) === undefined) return source.name;
    const name = `${source.name}/${tensor.dtype}`;
    if (!this.casts.has(name)) {
      this.casts.add(name);
      this.emitCast(source.name, name, tensor.dtype);
    }
    return name;
  }

  /** The type a parameter is stored in, where it is not the one the graph computes in. */
  private storedType(tensor: Tensor): DType | undefined {
    if (tensor.source.kind !== 'parameter') return undefined;
    const source = this.weights.get(tensor.source.name);
    const stored = source?.kind === 'file' ? source.dtype : source?.tensor.dtype;
    return stored === tensor.dtype ? undefined : stored;
  }

  private constantName(value: HostTensor): string {
    const known = this.constants.get(value);
    if (known !== undefined) return known;
    const name = `constant_${this.constants.size}`;
    this.constants.set(value, name);
    this.initializers.push(memoryTensor(name, value));
    return name;
  }

  private encodeOutput(name: string, tensor: Tensor): ValueInfoProto {
    this.nodes.push(
      create(NodeProtoSchema, {
        opType: 'Identity',
        name: `output/${name}`,
        input: [this.nameOf(tensor)],
        output: [name],
      }),
    );
    return valueInfo(name, tensor);
  }
}

function outputName(node: string, output: number): string {
  return `${node}/output_${output}`;
}

function parameterName(tensor: Tensor): string {
  return (tensor.source as { name: string }).name;
}

function valueInfo(name: string, tensor: Tensor): ValueInfoProto {
  const dim = tensor.shape.map(size => ({ value: dimValue(size) }));
  const tensorType = { elemType: onnxTypes[tensor.dtype], shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: tensorType } } });
}

function dimValue(size: Dim) {
  return typeof size === 'number'
    ? ({ case: 'dimValue', value: BigInt(size) } as const)
    : ({ case: 'dimParam', value: size } as const);
}

function memoryTensor(name: string, { dtype, shape, data }: HostTensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: onnxTypes[dtype],
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

function fileTensor(name: string, tensor: Tensor, source: Extract<WeightSource, { kind: 'file' }>): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: (tensor.shape as number[]).map(BigInt),
    dataType: onnxTypes[source.dtype],
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: source.location },
      { key: 'offset', value: `${source.offset}` },
      { key: 'length', value: `${source.length}` },
    ],
  });
}

function attributeProto(name: string, kind: AttributeKind, value: number | string | readonly number[]) {
  const types = AttributeProto_AttributeType;
  switch (kind) {
    case 'int':
      return create(AttributeProtoSchema, { name, type: types.INT, i: BigInt(value as number) });
    case 'float':
      return create(AttributeProtoSchema, { name, type: types.FLOAT, f: value as number });
    case 'ints':
      return create(AttributeProtoSchema, { name, type: types.INTS, ints: (value as readonly number[]).map(BigInt) });
    case 'string':
      return create(AttributeProtoSchema, { name, type: types.STRING, s: new TextEncoder().encode(value as string) });
  }
}
