import type { Checkpoint } from '@minigpt4/checkpoint';
import { hostTensor, type DType } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph, type Graph, type Tensor } from '@minigpt4/onnx-graph';
import { createSession, type Device, type Session, type SessionOptions } from '@minigpt4/onnx-session';
import { concatenatePatches, projection } from '@minigpt4/projection';
import { qformer } from '@minigpt4/qformer';
import { evaViT, imageInput } from '@minigpt4/vision-encoder';
import { imageTokens, projectionInputWidth, type MiniGPT4Config } from '../config.js';
import type { LanguagePaths } from './language-paths.js';

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
  /** Fewer bits for the weights of each part. Defaults to `none` for all: they are held as they are stored. */
  readonly quantize?: QuantizeParts;
  /**
   * A second copy of the language model's weights for runs of many rows, such as prompts: faster there where the
   * processor has VNNI or AMX, for twice the memory and more. Defaults to `none`.
   */
  readonly prefillCopy?: 'int8' | 'none';
  /** What an earlier load chose, `language.paths` of a model, to compute the same to the last digit. Defaults to a measurement. */
  readonly paths?: LanguagePaths;
  /** Folder where copies of weights in fewer bits are kept. Defaults to one in the user's cache (`XDG_CACHE_HOME`). */
  readonly weightFolder?: string;
  /** Where to compute; `auto` is the graphics card where that works. CUDA has not been tried on a card yet. Defaults to `cpu`. */
  readonly device?: Device;
  /** Is told how far copies of weights are, and what device was chosen. Defaults to nobody. */
  readonly onProgress?: (message: string) => void;
}

/** Bits of the weights of a model's parts. */
export interface QuantizeParts {
  /** `int4`: the least memory, and the fastest answers. `int8`: nearly exact. Defaults to `none`. */
  readonly language?: 'int4' | 'int8' | 'none';
  /**
   * Weights of the language model that share a scale, for `int4`; 64 and 128 take a fifth and a third less memory and
   * are less exact. Defaults to 32.
   */
  readonly block?: 32 | 64 | 128;
  /** Vision encoder, Q-Former and projection. `int8`: the fastest. `float16`: exact but for rounding. Defaults to `none`. */
  readonly vision?: 'int8' | 'float16' | 'none';
}

/** How the matrices of the image's way are held. */
const visionStorages = { int8: 'int8 columns', float16: 'float16', none: 'as stored' } as const;

/** What all sessions of a model have in common. */
export function sessionOptions({ threads, weightFolder, device, onProgress }: ComputeOptions): SessionOptions {
  return {
    ...(threads !== undefined && { threads }),
    ...(weightFolder !== undefined && { weightFolder }),
    ...(device !== undefined && { device }),
    ...(onProgress && { onProgress }),
  };
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
    { dtype, quantize: { vision = 'none' } = {}, ...options }: ComputeOptions = {},
  ): Promise<ImageEncoder> {
    const session = await createSession(imageEncoderGraph(config, dtype), {
      name: 'image encoder',
      weights,
      storage: visionStorages[vision],
      ...sessionOptions(options),
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

  /** Where it computes. */
  get device(): 'cpu' | 'cuda' {
    return this.session.device;
  }

  /** Embeddings one image becomes. */
  get tokens(): number {
    return imageTokens(this.config);
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}
