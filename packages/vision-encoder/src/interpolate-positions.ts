import { MiniGPT4Error } from '@minigpt4/core';

/** Sizes of the grids that {@link interpolatePositions} goes between. */
export interface PositionGrids {
  /** Length of one embedding. */
  readonly width: number;
  /** Patches a side in the checkpoint. */
  readonly fromGrid: number;
  /** Patches a side in the model. */
  readonly toGrid: number;
}

/** Which four rows (or columns) of the old grid one of the new grid mixes, and how much of each. */
interface Mix {
  readonly indices: readonly number[];
  readonly weights: readonly number[];
}

/** The cubic convolution kernel with a = -0.75, as in torch (Pillow uses -0.5). */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return (1.25 * x - 2.25) * x * x + 1;
  return ((-0.75 * x + 3.75) * x - 6) * x + 3;
}

function mixes(from: number, to: number): Mix[] {
  return Array.from({ length: to }, (_, i) => {
    const position = ((i + 0.5) * from) / to - 0.5;
    const base = Math.floor(position);
    const offsets = [-1, 0, 1, 2];
    return {
      indices: offsets.map(offset => Math.min(from - 1, Math.max(0, base + offset))), // the border repeats
      weights: offsets.map(offset => cubic(base + offset - position)),
    };
  });
}

function checkLength(length: number, { width, fromGrid, toGrid }: PositionGrids): void {
  if (
    [width, fromGrid, toGrid].every(size => Number.isSafeInteger(size) && size > 0) &&
    length === (1 + fromGrid ** 2) * width
  ) {
    return;
  }
  throw new MiniGPT4Error(
    'SHAPE_MISMATCH',
    `interpolatePositions: wrong number of values, expected (1 + ${fromGrid} * ${fromGrid}) * ${width} for a grid of ${toGrid}, got ${length}. ` +
      "Pass the checkpoint's pos_embed and its grid.",
  );
}

/**
 * Position embeddings for another image size: (1 + fromGrid², width) to (1 + toGrid², width), row-major. The class token's
 * row is kept; the others are resampled as a picture by torch's bicubic (`align_corners=False`, no antialiasing, borders repeated).
 * The same grid gives the same array, uncopied. Follows `interpolate_pos_embed` (models/eva_vit.py).
 *
 * @throws `SHAPE_MISMATCH` when the values are not a class token and a `fromGrid` x `fromGrid` grid of `width` numbers each.
 */
export function interpolatePositions(positions: Float32Array, grids: PositionGrids): Float32Array {
  checkLength(positions.length, grids);
  const { width, fromGrid, toGrid } = grids;
  if (fromGrid === toGrid) return positions;
  const out = new Float32Array((1 + toGrid * toGrid) * width);
  out.set(positions.subarray(0, width));
  const axis = mixes(fromGrid, toGrid);
  const sums = new Float64Array(width);
  let at = width;
  for (const row of axis) {
    for (const column of axis) {
      sums.fill(0);
      row.indices.forEach((y, i) => {
        column.indices.forEach((x, j) => {
          const weight = row.weights[i]! * column.weights[j]!;
          const start = (1 + y * fromGrid + x) * width;
          for (let k = 0; k < width; k++) sums[k] = sums[k]! + weight * positions[start + k]!;
        });
      });
      out.set(sums, at);
      at += width;
    }
  }
  return out;
}
