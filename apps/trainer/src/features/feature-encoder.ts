import type { Checkpoint } from '@minigpt4/checkpoint';
import { asFloat32, hostTensor } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph } from '@minigpt4/onnx-graph';
import { createSession, type Session } from '@minigpt4/onnx-session';
import { preprocess, type RgbImage } from '@minigpt4/vision-encoder';
import { imageFeatures, imageTokens, type MiniGPT4Config, projectionInputWidth } from 'minigpt4';

/** Pictures that go through the engine at a time. Their features do not depend on it. */
const batchSize = 64;

/** The frozen way of a picture: vision encoder and Q-Former, to what the projection reads. */
export class FeatureEncoder {
  /** Vectors of one picture. */
  readonly tokens: number;
  /** Width of each. */
  readonly width: number;
  /** Side of the pictures, in pixels. */
  readonly imageSize: number;

  private constructor(
    private readonly session: Session,
    private readonly config: MiniGPT4Config,
  ) {
    this.tokens = imageTokens(config);
    this.width = projectionInputWidth(config);
    this.imageSize = config.image.size;
  }

  /** @throws `CHECKPOINT_MISMATCH` for missing or mis-shaped weights */
  static async create(config: MiniGPT4Config, weights: Checkpoint, threads: number): Promise<FeatureEncoder> {
    const features = imageFeatures(Params.root(), config);
    const session = await createSession(graph({ features }), { name: 'image features', weights, threads });
    return new FeatureEncoder(session, config);
  }

  /** The features of each picture, (tokens, width). */
  async encode(images: readonly RgbImage[]): Promise<Float32Array[]> {
    const features: Float32Array[] = [];
    for (let start = 0; start < images.length; start += batchSize) {
      features.push(...(await this.#encodeBatch(images.slice(start, start + batchSize))));
    }
    return features;
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }

  async #encodeBatch(images: readonly RgbImage[]): Promise<Float32Array[]> {
    const { size } = this.config.image;
    const pixels = new Float32Array(images.length * 3 * size * size);
    images.forEach((image, i) => pixels.set(preprocess(image, this.config.image), i * 3 * size * size));
    const image = hostTensor('float32', [images.length, 3, size, size], pixels);
    const { features } = await this.session.run({ image });
    const data = asFloat32(features!);
    const each = this.tokens * this.width;
    return images.map((_, i) => data.slice(i * each, (i + 1) * each));
  }
}
