import { MiniGPT4Error } from '@minigpt4/core';
import { fixedDim, formatShape } from '../dims.js';
import type { Op } from './op.js';

export const convolutionOps = {
  /** Two-dimensional, without padding: inputs are data (batch, in, height, width), weight (out, in, kh, kw) and bias (out). */
  Conv: {
    attributes: { strides: 'ints', kernel_shape: 'ints' },
    infer([x, weight], { strides }, where) {
      if (x!.shape[1] !== weight!.shape[1]) {
        throw new MiniGPT4Error(
          'SHAPE_MISMATCH',
          `${where}: channels differ, expected ${weight!.shape[1]}, got ${formatShape(x!.shape)}. Check the input's layout (batch, channels, height, width).`,
        );
      }
      const steps = strides as readonly number[];
      const spatial = [2, 3].map((axis, i) => {
        const rest = fixedDim(x!.shape[axis], where) - fixedDim(weight!.shape[axis], where);
        return Math.floor(rest / steps[i]!) + 1;
      });
      return [{ dtype: x!.dtype, shape: [x!.shape[0]!, weight!.shape[0]!, ...spatial] }];
    },
  },
} satisfies Record<string, Op>;
