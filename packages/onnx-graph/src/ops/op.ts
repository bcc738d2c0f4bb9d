import type { DType } from '@minigpt4/core';
import type { SymbolicShape } from '../dims.js';
import type { Tensor } from '../tensor.js';

/** What is known of a tensor before the graph runs. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: SymbolicShape;
}

/** Values of a node's attributes, by ONNX name. */
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

/** How an attribute is written to ONNX. */
export type AttributeKind = 'int' | 'float' | 'ints' | 'string';

/** One entry of the op table: how an op is called in ONNX and what it gives for what it gets. */
export interface Op {
  /** ONNX name. Defaults to the entry's own name in the table. */
  readonly onnxName?: string;
  /** ONNX operator set. Defaults to the standard one. */
  readonly domain?: 'com.microsoft';
  /** Attributes the op takes. */
  readonly attributes?: Readonly<Record<string, AttributeKind>>;
  /** Types of the outputs; throws a coded error on inputs that do not fit. `where` is the node's module path and op. */
  infer(inputs: readonly Tensor[], attributes: Attributes, where: string): TensorType[];
}
