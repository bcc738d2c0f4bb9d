import { asFloat32, hostTensor } from '@minigpt4/core';
import type { Checkpoint } from '@minigpt4/checkpoint';
import type { TrainableProjection } from '@minigpt4/projection/train';
import { embeddingRatio } from '../alarms/embedding-sizes.js';
import { querySimilarity } from '../alarms/query-similarity.js';
import type { SizeFacts } from '../run/manifest.js';

/** Rows of the table that stand for all of them. */
const wordRows = 4096;

/** Some of the word embeddings that the language model is used to. */
export async function readWordEmbeddings(weights: Checkpoint): Promise<Float32Array> {
  const name = 'model.embed_tokens.weight';
  const rows = Math.min(wordRows, weights.info(name)?.shape[0] ?? 0);
  return asFloat32(await weights.readRows(name, 0, rows));
}

/** What sizes are measured on. */
export interface MeasuredSizes {
  /** Of pictures, (tokens, width) each. */
  readonly features: readonly Float32Array[];
  /** Word embeddings, one after another. */
  readonly words: Float32Array;
}

/** How large projected pictures are beside words, and how alike their queries. */
export async function sizeFacts(layer: TrainableProjection, { features, words }: MeasuredSizes): Promise<SizeFacts> {
  const tokens = features[0]!.length / layer.inputWidth;
  const all = new Float32Array(features.length * features[0]!.length);
  features.forEach((picture, i) => all.set(picture, i * picture.length));
  const projected = await layer.forward(hostTensor('float32', [features.length, tokens, layer.inputWidth], all));
  return {
    embeddingRatio: embeddingRatio(projected.data, words),
    querySimilarity: querySimilarity(features, tokens),
  };
}
