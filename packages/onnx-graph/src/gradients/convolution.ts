import type { Tensor } from '../tensor.js';
import { noGradient, type Application, type GradientRule } from './rule.js';

/** Sizes of a convolution whose windows tile the image: no overlap, no gaps. */
interface Tiling {
  readonly channels: number;
  /** Windows down and across. */
  readonly rows: number;
  readonly columns: number;
  /** Size of a window. */
  readonly height: number;
  readonly width: number;
  /** Pixels at the end of each axis of (batch, channels, height, width) that no window covers. */
  readonly rest: readonly number[];
}

function tiling({ inputs: [x, weight], outputs: [y], attributes, where }: Application): Tiling {
  const [channels, height, width] = weight!.shape.slice(1) as [number, number, number];
  const [down, across] = attributes['strides'] as [number, number];
  if (down !== height || across !== width) {
    throw noGradient(
      where,
      `only windows that tile have a gradient, expected strides [${height}, ${width}] like the kernel, got [${down}, ${across}]. Use equal sizes.`,
    );
  }
  const [rows, columns] = y!.shape.slice(2) as [number, number];
  const [imageHeight, imageWidth] = x!.shape.slice(2) as [number, number];
  const rest = [0, 0, imageHeight - rows * height, imageWidth - columns * width];
  return { channels, rows, columns, height, width, rest };
}

const none = [0, 0, 0, 0];

/** (batch, channels, height, width) to one row of pixels a window: (batch · rows · columns, channels · height · width). */
function toWindows(x: Tensor, { channels, rows, columns, height, width, rest }: Tiling): Tensor {
  const covered = rest.some(pixels => pixels > 0)
    ? x.pad(
        none,
        rest.map(pixels => -pixels),
      )
    : x;
  return covered
    .reshape([x.shape[0]!, channels, rows, height, columns, width])
    .transpose([0, 2, 4, 1, 3, 5])
    .reshape([-1, channels * height * width]);
}

/** The inverse of {@link toWindows}, with zeros where no window was. */
function fromWindows(windows: Tensor, image: Tensor, { channels, rows, columns, height, width, rest }: Tiling): Tensor {
  const covered = windows
    .reshape([image.shape[0]!, rows, columns, channels, height, width])
    .transpose([0, 3, 1, 4, 2, 5])
    .reshape([image.shape[0]!, channels, rows * height, columns * width]);
  return rest.some(pixels => pixels > 0) ? covered.pad(none, rest) : covered;
}

export const convolutionRules = {
  /** As the matrix product of windows (…, pixels) with the kernel (out, pixels) that it is. */
  Conv(application) {
    const {
      inputs: [x, weight],
      gradients: [gradient],
    } = application;
    const out = weight!.shape[0] as number;
    const g = () => gradient!.transpose([0, 2, 3, 1]).reshape([-1, out]); // (windows, out)
    return [
      () => {
        const tiles = tiling(application);
        return fromWindows(g().matmul(weight!.reshape([out, -1])), x!, tiles);
      },
      () => {
        const windows = toWindows(x!, tiling(application));
        return g().fusedMatmul(windows, { transposeA: true }).reshape(weight!.shape);
      },
      () => gradient!.sum([0, 2, 3]),
    ];
  },
} satisfies Record<string, GradientRule>;
