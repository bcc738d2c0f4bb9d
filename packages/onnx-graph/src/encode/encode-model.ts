import { create, toBinary } from '@bufbuild/protobuf';
import type { DType } from '@minigpt4/core';
import { GraphProtoSchema, ModelProtoSchema, type ValueInfoProto } from 'onnx-buf';
import type { Graph } from '../graph.js';
import type { Node } from '../node.js';
import { opTable } from '../ops/op-table.js';
import type { Tensor } from '../tensor.js';
import { executionOrder } from './execution-order.js';
import { ModelBuilder, valueInfo } from './model-builder.js';
import { Parameters } from './parameters.js';
import type { WeightSource } from './weight-source.js';

const IR_VERSION = 10n;
const OPSETS = [
  { domain: '', version: 21n },
  { domain: 'com.microsoft', version: 1n },
];

/**
 * The graph as an ONNX file's bytes. Parameters with a source become initializers: weights in files stay there
 * (ONNX external data), and a weight stored in another type than the graph computes in is cast where it is used, after
 * the row look-up for a table of embeddings, so that a half-precision table stays half. Products with quantized weights
 * become products of whole numbers. Parameters without a source become inputs.
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
  private readonly model = new ModelBuilder();
  private readonly parameters: Parameters;

  constructor(
    private readonly graph: Graph,
    private readonly weights: ReadonlyMap<string, WeightSource>,
  ) {
    this.parameters = new Parameters(this.model, weights);
  }

  encode() {
    const inputs = [...this.graph.inputs].map(([name, tensor]) => valueInfo(name, tensor));
    for (const [name, tensor] of this.graph.parameters) {
      if (!this.weights.has(name)) inputs.push(valueInfo(name, tensor));
    }
    for (const node of executionOrder(this.graph)) this.encodeNode(node);
    const outputs = [...this.graph.outputs].map(([name, tensor]) => this.encodeOutput(name, tensor));
    return create(GraphProtoSchema, {
      name: 'minigpt4',
      // the engine walks back from the outputs and takes, of a node's inputs, the one that comes last in the file first
      node: this.model.nodes.reverse(),
      initializer: this.model.initializers,
      input: inputs,
      output: outputs,
      valueInfo: this.graph.nodes.flatMap(node => this.outputInfos(node)),
    });
  }

  /** Types of what a node gives: with them the engine finds memory to use again at once; without, it takes seconds. */
  private outputInfos(node: Node): ValueInfoProto[] {
    const name = this.graph.names.get(node)!;
    return node.outputs.map((type, i) => valueInfo(outputName(name, i), type));
  }

  private encodeNode(node: Node): void {
    const name = this.graph.names.get(node)!;
    const outputs = node.outputs.map((_, i) => outputName(name, i));
    const table = node.op === 'Gather' ? this.parameters.table(node.inputs[0]!) : undefined;
    if (table !== undefined) return this.encodeLookUp(node, table);
    const left = () => this.nameOf(node.inputs[0]!, `${name}/input_0`);
    if (this.parameters.addProduct(node, { name, left, output: outputs[0]! })) return;
    const inputs = node.inputs.map((tensor, i) => this.nameOf(tensor, `${name}/input_${i}`));
    this.emit(node, inputs, outputs);
  }

  /** Rows are looked up as they are stored and cast then. */
  private encodeLookUp(node: Node, { stored, type }: { stored: string; type: DType }): void {
    const name = this.graph.names.get(node)!;
    const [table, ids] = node.inputs as [Tensor, Tensor];
    const output = outputName(name, 0);
    const rows = type === table.dtype ? output : `${name}/stored`;
    this.emit(node, [stored, this.nameOf(ids, `${name}/input_1`)], [rows]);
    if (rows !== output) this.parameters.cast(rows, output, table.dtype);
  }

  private emit(node: Node, inputs: readonly string[], outputs: readonly string[]): void {
    const { onnxName: opType = node.op, domain, attributes: attributeKinds } = opTable[node.op];
    const operation = {
      opType,
      attributes: node.attributes,
      ...(domain && { domain }),
      ...(attributeKinds && { attributeKinds }),
    };
    this.model.addNode(this.graph.names.get(node)!, operation, inputs, outputs);
  }

  /** The name under which other nodes read a tensor. `use` is a name for this use alone. */
  private nameOf(tensor: Tensor, use: string): string {
    const { source } = tensor;
    if (source.kind === 'node') return outputName(this.graph.names.get(source.node)!, source.output);
    if (source.kind === 'input') return source.name;
    if (source.kind === 'constant') return this.model.constant(source.value);
    return this.parameters.read(tensor, use);
  }

  private encodeOutput(name: string, tensor: Tensor): ValueInfoProto {
    const node = `output/${name}`;
    this.model.addNode(node, { opType: 'Identity' }, [this.nameOf(tensor, `${node}/input`)], [name]);
    return valueInfo(name, tensor);
  }
}

function outputName(node: string, output: number): string {
  return `${node}/output_${output}`;
}
