import { layerNorm, type Params } from '@minigpt4/nn';
import type { Tensor } from '@minigpt4/onnx-graph';
import type { QFormerConfig } from './config.js';
import { qformerLayer } from './layer.js';

/** The Q-Former's tensors. */
export interface QFormerOutputs {
  /** The learned queries after their norm: (batch, queries, width). */
  readonly embeddings: Tensor;
  /** After each layer: (batch, queries, width). */
  readonly layers: readonly Tensor[];
  /** The last layer's output: (batch, queries, width). */
  readonly output: Tensor;
}

/**
 * BLIP-2's Q-Former on image tokens: (batch, tokens, encoderWidth) to (batch, queries, width).
 * Queries get a norm but no positions (`Qformer.py`, `BertEmbeddings`). `params` is the root of the BLIP-2 checkpoint.
 */
export function qformer(params: Params, config: QFormerConfig): (image: Tensor) => QFormerOutputs {
  const { queries, width, layers, layerNormEpsilon } = config;
  const queryTokens = params.get('query_tokens', [1, queries, width]);
  const bert = params.at('Qformer.bert');
  const normalise = layerNorm(bert.at('embeddings.LayerNorm'), width, layerNormEpsilon);
  const stack = Array.from({ length: layers }, (_, i) => qformerLayer(bert.at('encoder.layer').at(i), config, i));

  return image => {
    const embeddings = normalise(bert.scoped(() => queryTokens.expand([image.shape[0]!, queries, width], image)));
    const outputs: Tensor[] = [];
    for (const layer of stack) outputs.push(layer(outputs.at(-1) ?? embeddings, image));
    return { embeddings, layers: outputs, output: outputs.at(-1) ?? embeddings };
  };
}
