import { type HostTensor, MiniGPT4Error, sameShape } from '@minigpt4/core';

/** The trained pair, in PyTorch's Linear layout: y = x · weightᵀ + bias. */
export interface ProjectionWeights {
  /** (output width, input width). */
  readonly weight: HostTensor<'float32'>;
  /** (output width). */
  readonly bias: HostTensor<'float32'>;
}

/**
 * Input and output width of a pair that fits together.
 * @param where names the caller at the head of the message.
 * @throws `SHAPE_MISMATCH` when the weight is no matrix or the bias has another length than it has rows.
 */
export function projectionWidths(where: string, { weight, bias }: ProjectionWeights): [input: number, output: number] {
  const [output, input] = weight.shape;
  if (weight.shape.length !== 2 || output === undefined || input === undefined || !sameShape(bias.shape, [output])) {
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `${where}: weight and bias do not belong together, expected [out, in] and [out], ` +
        `got [${weight.shape.join(',')}] and [${bias.shape.join(',')}]. Take both from the same projection.`,
    );
  }
  return [input, output];
}
