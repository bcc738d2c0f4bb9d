import { convolutionOps } from './convolution.js';
import { elementwiseOps } from './elementwise.js';
import { gatherOps } from './gather.js';
import { matmulOps } from './matmul.js';
import { movementOps } from './movement.js';
import { normalizationOps } from './normalization.js';
import type { Op } from './op.js';
import { reduceOps } from './reduce.js';

const table = {
  ...elementwiseOps,
  ...matmulOps,
  ...movementOps,
  ...reduceOps,
  ...normalizationOps,
  ...gatherOps,
  ...convolutionOps,
};

/** Name of an op of the table. */
export type OpName = keyof typeof table;

/** Every op a graph may use. */
export const opTable: Readonly<Record<OpName, Op>> = table;
