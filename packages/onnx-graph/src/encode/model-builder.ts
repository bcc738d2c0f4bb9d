import { create } from '@bufbuild/protobuf';
import type { HostTensor, Shape } from '@minigpt4/core';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from 'onnx-buf';
import type { Dim } from '../dims.js';
import { onnxTypes } from '../ops/elementwise.js';
import type { AttributeKind, Attributes, TensorType } from '../ops/op.js';
import type { FileSource, StoredSource } from './weight-source.js';

/** Everything of an operation but its operands. */
export interface Operation {
  readonly opType: string;
  /** Operator set. Defaults to the standard one. */
  readonly domain?: string;
  readonly attributes?: Attributes;
  /** How each attribute is written. Defaults to `int` for all. */
  readonly attributeKinds?: Readonly<Record<string, AttributeKind>>;
}

/** Collects the nodes and stored tensors of an ONNX graph, whose values are known by name. */
export class ModelBuilder {
  /** In the order in which they were added, each after those it needs. */
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  private readonly constants = new Map<HostTensor, string>();
  private readonly weights = new Set<string>();

  /** Adds a node called `name` that gives `outputs`. */
  addNode(name: string, operation: Operation, inputs: readonly string[], outputs: readonly string[]): void {
    const { opType, domain = '', attributes = {}, attributeKinds = {} } = operation;
    const attribute = Object.entries(attributes).map(([key, value]) =>
      attributeProto(key, attributeKinds[key] ?? 'int', value),
    );
    this.nodes.push(
      create(NodeProtoSchema, { opType, domain, name, input: [...inputs], output: [...outputs], attribute }),
    );
  }

  /** Adds a node of one output, which is called like the node and is returned. */
  add(name: string, operation: Operation, inputs: readonly string[]): string {
    this.addNode(name, operation, inputs, [name]);
    return name;
  }

  /** The name of a constant, which is stored in the graph once. */
  constant(value: HostTensor): string {
    const known = this.constants.get(value);
    if (known !== undefined) return known;
    const name = `constant_${this.constants.size}`;
    this.constants.set(value, name);
    this.initializers.push(memoryTensor(name, value.shape, value));
    return name;
  }

  /** Stores a weight under `name`, unless it is there already. `dataType` is ONNX's number where no type of ours fits. */
  weight(name: string, shape: Shape, source: StoredSource, dataType?: number): string {
    if (!this.weights.has(name)) {
      this.weights.add(name);
      const stored =
        source.kind === 'file' ? fileTensor(name, shape, source) : memoryTensor(name, shape, source.tensor);
      this.initializers.push(dataType === undefined ? stored : { ...stored, dataType });
    }
    return name;
  }
}

/** An input or output of a graph. */
export function valueInfo(name: string, { dtype, shape }: TensorType): ValueInfoProto {
  const dim = shape.map(size => ({ value: dimValue(size) }));
  const tensorType = { elemType: onnxTypes[dtype], shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: tensorType } } });
}

function dimValue(size: Dim) {
  return typeof size === 'number'
    ? ({ case: 'dimValue', value: BigInt(size) } as const)
    : ({ case: 'dimParam', value: size } as const);
}

function memoryTensor(name: string, shape: Shape, { dtype, data }: HostTensor): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: onnxTypes[dtype],
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

function fileTensor(name: string, shape: Shape, source: FileSource): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
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
