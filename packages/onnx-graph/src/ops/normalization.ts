import { MiniGPT4Error } from '@minigpt4/core';
import { formatShape } from '../dims.js';
import type { Tensor } from '../tensor.js';
import type { Op } from './op.js';

function requireWidth(x: Tensor, weight: Tensor, where: string): void {
  if (weight.shape.length === 1 && weight.shape[0] === x.shape.at(-1)) return;
  throw new MiniGPT4Error(
    'SHAPE_MISMATCH',
    `${where}: weight does not fit, expected [${x.shape.at(-1)}], got ${formatShape(weight.shape)}. Use the width of the input's last dimension.`,
  );
}

export const normalizationOps = {
  /** Over the last dimension: inputs are data, weight, bias. */
  LayerNormalization: {
    attributes: { axis: 'int', epsilon: 'float' },
    infer([x, weight], _, where) {
      requireWidth(x!, weight!, where);
      return [{ dtype: x!.dtype, shape: x!.shape }];
    },
  },
  /**
   * Over the last dimension, by root mean square: inputs are data and weight; the second output is 1 / deviation (…, 1),
   * in float32 whatever the data.
   */
  RMSNormalization: {
    onnxName: 'SimplifiedLayerNormalization', // onnxruntime's kernel, under the standard operator set
    attributes: { axis: 'int', epsilon: 'float' },
    infer([x, weight], _, where) {
      requireWidth(x!, weight!, where);
      return [
        { dtype: x!.dtype, shape: x!.shape },
        { dtype: 'float32', shape: [...x!.shape.slice(0, -1), 1] },
      ];
    },
  },
} satisfies Record<string, Op>;
