import type { HostTensor } from '@minigpt4/core';
import type { OpName } from './ops/op-table.js';
import type { Attributes, TensorType } from './ops/op.js';
import type { Tensor } from './tensor.js';

/** One operation of a graph. */
export interface Node {
  readonly op: OpName;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** Module path the node was made under. */
  readonly scope: string;
  /** Types of what it gives. */
  readonly outputs: readonly TensorType[];
}

/** Where a tensor's elements come from: fed at each run, read from a checkpoint, known now, or computed by a node. */
export type TensorSource =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: HostTensor }
  | { readonly kind: 'node'; readonly node: Node; readonly output: number };
