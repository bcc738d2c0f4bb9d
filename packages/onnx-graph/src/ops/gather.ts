import { MiniGPT4Error } from '@minigpt4/core';
import { formatShape } from '../dims.js';
import type { Op } from './op.js';

export const gatherOps = {
  /** Rows by index: data (…, n, …) and indices to (…, indices…, …). */
  Gather: {
    attributes: { axis: 'int' },
    infer([x, indices], { axis }) {
      const at = axis as number;
      return [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)] }];
    },
  },
  /** One element per index along an axis: out has the indices' shape. */
  GatherElements: {
    attributes: { axis: 'int' },
    infer([x, indices], _, where) {
      if (x!.shape.length !== indices!.shape.length) {
        throw new MiniGPT4Error(
          'SHAPE_MISMATCH',
          `${where}: ranks differ, expected indices of rank ${x!.shape.length}, got ${formatShape(indices!.shape)}. Unsqueeze the indices.`,
        );
      }
      return [{ dtype: x!.dtype, shape: indices!.shape }];
    },
  },
  /**
   * Data with updates put (or added) at indices along an axis. The table has no ScatterND: onnxruntime runs its addition
   * on several threads without locks, so that indices that come twice lose updates.
   */
  ScatterElements: {
    attributes: { axis: 'int', reduction: 'string' },
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  },
  /**
   * Rotary positions in half-split form on (batch, tokens, heads · headSize):
   * inputs are data, positions (batch, tokens), cosines and sines (positions, headSize / 2).
   */
  RotaryEmbedding: {
    domain: 'com.microsoft',
    attributes: { interleaved: 'int' },
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  },
} satisfies Record<string, Op>;
