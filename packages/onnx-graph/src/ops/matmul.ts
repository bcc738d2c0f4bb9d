import { MiniGPT4Error } from '@minigpt4/core';
import { broadcastShapes } from '../broadcast.js';
import { formatShape, type Dim, type SymbolicShape } from '../dims.js';
import type { Tensor } from '../tensor.js';
import type { Attributes, Op, TensorType } from './op.js';

/** How a factor of a product is stored. */
export interface FactorLayout {
  /** The last two dimensions are swapped. */
  readonly transpose: boolean;
  /** Stored as (rows, …batch, columns). */
  readonly batchInside: boolean;
}

/** The shape a factor has as (…batch, rows, columns) once its transpositions are done. */
export function effectiveShape(shape: SymbolicShape, { transpose, batchInside }: FactorLayout): Dim[] {
  const ordered = batchInside ? [...shape.slice(1, -1), shape[0]!, shape[shape.length - 1]!] : [...shape];
  if (transpose) ordered.push(...ordered.splice(-2).reverse());
  return ordered;
}

/** How the left (A) or right (B) factor of a product is stored. */
export function layoutOf(attributes: Attributes, side: 'A' | 'B'): FactorLayout {
  return { transpose: attributes[`trans${side}`] === 1, batchInside: attributes[`transBatch${side}`] === 1 };
}

function inferMatMul([a, b]: readonly Tensor[], attributes: Attributes, where: string): TensorType[] {
  const [layoutA, layoutB] = [layoutOf(attributes, 'A'), layoutOf(attributes, 'B')];
  const left = effectiveShape(a!.shape, layoutA);
  const right = effectiveShape(b!.shape, layoutB);
  const inner = left.at(-1);
  if (left.length < 2 || right.length < 2 || inner !== right.at(-2) || a!.dtype !== b!.dtype) {
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `${where}: factors do not fit, expected (…, rows, inner) times (…, inner, columns) of one type, ` +
        `got ${a!.dtype} ${formatShape(left)} and ${b!.dtype} ${formatShape(right)}. Check the widths of the layers on both sides.`,
    );
  }
  if ((layoutA.batchInside || layoutB.batchInside) && (left.length < 3 || left.length !== right.length)) {
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `${where}: batches inside a factor need equal ranks, expected 3 or more for both, got ${formatShape(a!.shape)} and ${formatShape(b!.shape)}. Unsqueeze one of them.`,
    );
  }
  const batch = broadcastShapes(left.slice(0, -2), right.slice(0, -2), where);
  return [{ dtype: a!.dtype, shape: [...batch, left.at(-2)!, right.at(-1)!] }];
}

export const matmulOps = {
  MatMul: { infer: inferMatMul },
  /** alpha · A · B with either factor transposed, or stored with its batch dimensions between rows and columns (ranks equal then). */
  FusedMatMul: {
    domain: 'com.microsoft',
    attributes: { alpha: 'float', transA: 'int', transB: 'int', transBatchA: 'int', transBatchB: 'int' },
    infer: inferMatMul,
  },
} satisfies Record<string, Op>;
