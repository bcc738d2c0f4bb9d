import { convolutionRules } from './gradients/convolution.js';
import { elementwiseRules } from './gradients/elementwise.js';
import { gatherRules } from './gradients/gather.js';
import { matmulRules } from './gradients/matmul.js';
import { movementRules } from './gradients/movement.js';
import { normalizationRules } from './gradients/normalization.js';
import { reduceRules } from './gradients/reduce.js';
import type { GradientRule } from './gradients/rule.js';
import type { OpName } from './ops/op-table.js';

/** The gradient rule of every op that has one; the others give integers or truth values. */
export const gradientRules: Readonly<Partial<Record<OpName, GradientRule>>> = {
  ...elementwiseRules,
  ...matmulRules,
  ...movementRules,
  ...reduceRules,
  ...normalizationRules,
  ...gatherRules,
  ...convolutionRules,
};
