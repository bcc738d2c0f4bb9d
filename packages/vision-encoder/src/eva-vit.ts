import { layerNorm, patchEmbedding, type Params } from '@minigpt4/nn';
import { input, type Tensor } from '@minigpt4/onnx-graph';
import { block } from './block.js';
import { visionTokens, type EvaViTConfig } from './config.js';

/** The encoder's tensors, from pixels to what the Q-Former reads. */
export interface EvaViTOutputs {
  /** (batch, patches, width). */
  readonly patchEmbedding: Tensor;
  /** After the class token and the positions: (batch, 1 + patches, width). */
  readonly embeddings: Tensor;
  /** After each block: (batch, 1 + patches, width). */
  readonly blocks: readonly Tensor[];
  /** After `ln_vision`: (batch, 1 + patches, width). */
  readonly output: Tensor;
}

/** Parameter scopes of the encoder: two checkpoints hold them in the original. */
export interface EvaViTParams {
  /** Root of `eva_vit_g.pth`. */
  readonly vision: Params;
  /** Scope of `ln_vision` in the BLIP-2 checkpoint. */
  readonly lnVision: Params;
}

/** The input of {@link evaViT}: normalised pixels (batch, 3, imageSize, imageSize). */
export function imageInput({ imageSize }: EvaViTConfig): Tensor {
  return input('image', 'float32', ['batch', 3, imageSize, imageSize]);
}

/**
 * EVA-CLIP vision transformer and `ln_vision`: pixels (batch, 3, size, size) to (batch, 1 + patches, width).
 * There is no normalisation after the last block but `ln_vision` (`eva_vit.py`, `base_model.py`).
 */
export function evaViT({ vision, lnVision }: EvaViTParams, config: EvaViTConfig): (pixels: Tensor) => EvaViTOutputs {
  const { width, patchSize, depth } = config;
  const embedPatches = patchEmbedding(vision.at('patch_embed.proj'), patchSize, width);
  const classToken = vision.get('cls_token', [1, 1, width]);
  const positions = vision.get('pos_embed', [1, visionTokens(config), width]);
  const layers = Array.from({ length: depth }, (_, i) => block(vision.at('blocks').at(i), config));
  const normalise = layerNorm(lnVision, width, config.lnVisionEpsilon);

  return pixels => {
    const patches = embedPatches(pixels.cast(vision.dtype));
    const embeddings = vision.scoped(() => {
      const batchClassToken = classToken.expand([pixels.shape[0]!, 1, width], pixels);
      return batchClassToken.concat([patches], 1).add(positions); // (batch, 1 + patches, width)
    });
    const blocks: Tensor[] = [];
    for (const layer of layers) blocks.push(layer(blocks.at(-1) ?? embeddings));
    return { patchEmbedding: patches, embeddings, blocks, output: normalise(blocks.at(-1) ?? embeddings) };
  };
}
