export { addDims, divideDims, fixedDim, formatShape, multiplyDims, type Dim, type SymbolicShape } from './dims.js';
export { dump } from './dump.js';
export { encodeModel } from './encode/encode-model.js';
export { productMatrices } from './encode/plain-products.js';
export type {
  BlockSource,
  ColumnSource,
  FileSource,
  HalfSource,
  Int4Source,
  IntegerSource,
  MemorySource,
  StoredSource,
  WeightSource,
} from './encode/weight-source.js';
export { gradients, type GradientOptions } from './gradient.js';
export { graph, type Graph } from './graph.js';
export { opTable, type OpName } from './ops/op-table.js';
export type { AttributeKind, Attributes, Op, TensorType } from './ops/op.js';
export type { Node, TensorSource } from './node.js';
export { atScope, currentScope, inScope } from './scope.js';
export {
  applyAll,
  constant,
  input,
  int64,
  parameter,
  scalar,
  Tensor,
  type MatMulOptions,
} from './tensor.js';
