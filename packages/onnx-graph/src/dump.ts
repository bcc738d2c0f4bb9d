import { formatShape } from './dims.js';
import type { Graph } from './graph.js';
import type { Node } from './node.js';
import type { TensorType } from './ops/op.js';
import type { Tensor } from './tensor.js';

/** A graph as text, one line a node, for snapshots and for people. */
export function dump(graph: Graph): string {
  const name = (tensor: Tensor): string => {
    const { source } = tensor;
    if (source.kind === 'node') {
      const base = graph.names.get(source.node)!;
      return source.node.outputs.length === 1 ? base : `${base}:${source.output}`;
    }
    if (source.kind !== 'constant') return source.name;
    const { data, shape } = source.value;
    return data.length <= 8
      ? `[${Array.from(data as ArrayLike<number | bigint>).join(' ')}]`
      : `constant${formatShape(shape)}`;
  };
  const type = (tensor: TensorType) => `${tensor.dtype} ${formatShape(tensor.shape)}`;
  const operands = (node: Node) => node.inputs.map(name).join(', ');
  const types = (node: Node) => node.outputs.map(type).join(', ');
  return [
    ...[...graph.inputs].map(([key, tensor]) => `input ${key}: ${type(tensor)}`),
    ...[...graph.parameters].map(([key, tensor]) => `parameter ${key}: ${type(tensor)}`),
    ...graph.nodes.map(node => `${graph.names.get(node)}(${operands(node)}): ${types(node)}`),
    ...[...graph.outputs].map(([key, tensor]) => `output ${key} = ${name(tensor)}: ${type(tensor)}`),
  ].join('\n');
}
