import type { Checkpoint } from '@minigpt4/checkpoint';
import { hostTensor, type DType } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph, type Graph, type Tensor } from '@minigpt4/onnx-graph';
import { createSession, type Session } from '@minigpt4/onnx-session';
import { concatenatePatches, projection } from '@minigpt4/projection';
import { qformer } from '@minigpt4/qformer';
import { evaViT, imageInput } from '@minigpt4/vision-encoder';
import { imageTokens, projectionInputWidth, type MiniGPT4Config } from '../config.js';

/** Frozen part of the image's way: pixels `image` to what the projection reads, (batch, tokens, inputWidth). */
export function imageFeatures(params: Params, config: MiniGPT4Config): Tensor {
  const { output } = evaViT(
    { vision: params, lnVision: params.at('ln_vision') },
    config.vision,
  )(imageInput(config.vision));
  return config.qformer === undefined ? concatenatePatches(output) : qformer(params, config.qformer)(output).output;
}

/** The whole way of an image: pixels `image` (batch, 3, size, size) to `embeddings` (batch, tokens, llm width), both float32. */
export function imageEncoderGraph(config: MiniGPT4Config, dtype: DType = 'float32'): Graph {
  const params = Params.root(dtype);
  const project = projection(params, { inputWidth: projectionInputWidth(config), outputWidth: config.llm.width });
  return graph({ embeddings: project(imageFeatures(params, config)).cast('float32') });
}

/** How the sessions of a model compute. */
export interface ComputeOptions {
  /** Threads inside one operation. Defaults to the number of physical cores. */
  readonly threads?: number;
  /** Type to compute in, whatever the files store. float16 is for processors that have it. Defaults to float32. */
  readonly dtype?: 'float32' | 'float16';
}

/** Runs the graph of {@link imageEncoderGraph}. */
export class ImageEncoder {
  private constructor(
    private readonly session: Session,
    /** Sizes of the stages, and how pictures become pixels. */
    readonly config: MiniGPT4Config,
  ) {}

  static async create(
    config: MiniGPT4Config,
    weights: Checkpoint,
    { dtype, ...options }: ComputeOptions = {},
  ): Promise<ImageEncoder> {
    const session = await createSession(imageEncoderGraph(config, dtype), {
      ...options,
      name: 'image encoder',
      weights,
    });
    return new ImageEncoder(session, config);
  }

  /** Normalised pixels (batch, 3, size, size) to embeddings (batch, tokens, llm width). */
  async encode(pixels: Float32Array, batch = 1): Promise<Float32Array> {
    const { imageSize } = this.config.vision;
    const image = hostTensor('float32', [batch, 3, imageSize, imageSize], pixels);
    const { embeddings } = await this.session.run({ image });
    return embeddings!.data as Float32Array;
  }

  /** Embeddings one image becomes. */
  get tokens(): number {
    return imageTokens(this.config);
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
