import { MiniGPT4Error } from '@minigpt4/core';
import { linear, type Layer, type Params } from '@minigpt4/nn';
import { fixedDim, type Tensor } from '@minigpt4/onnx-graph';

/** Widths on both sides of the map. */
export interface ProjectionConfig {
  /** Width of a Q-Former output, or of four patch tokens in the variant without Q-Former. */
  readonly inputWidth: number;
  /** Width of a word embedding of the language model. */
  readonly outputWidth: number;
}

/**
 * The trained linear map into the language model's embeddings: (batch, tokens, inputWidth) to
 * (batch, tokens, outputWidth). `params` is the root of a MiniGPT-4 checkpoint (`llama_proj.weight`, `llama_proj.bias`).
 */
export function projection(params: Params, { inputWidth, outputWidth }: ProjectionConfig): Layer {
  return linear(params.at('llama_proj'), inputWidth, outputWidth);
}

/**
 * What the Llama-2 variant projects in place of Q-Former outputs: the class token dropped and each four patches that
 * follow one another put side by side, (batch, 1 + patches, width) to (batch, patches / 4, 4 · width)
 * (`minigpt4.py`, `encode_img`).
 *
 * @throws `SHAPE_MISMATCH` when the patches are no multiple of four, `SYMBOLIC_DIMENSION` when their number is not known
 */
export function concatenatePatches(tokens: Tensor): Tensor {
  const [batch, ...sizes] = tokens.shape;
  const [count, width] = sizes.map(size => fixedDim(size, 'concatenatePatches')) as [number, number];
  if ((count - 1) % 4 !== 0) {
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `concatenatePatches: wrong number of tokens, expected a class token and a multiple of 4 patches, got ${count}. Choose another image size.`,
    );
  }
  return tokens.slice(1, count, 1).reshape([batch!, (count - 1) / 4, 4 * width]);
}
