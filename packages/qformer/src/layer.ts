import { layerNorm, linear, mergeHeads, scaledDotProductAttention, splitHeads, type Params } from '@minigpt4/nn';
import type { Tensor } from '@minigpt4/onnx-graph';
import type { QFormerConfig } from './config.js';

/** Queries (batch, queries, width) looking at the image (batch, tokens, encoderWidth), to (batch, queries, width). */
export type QFormerLayer = (queries: Tensor, image: Tensor) => Tensor;

/** Post-norm attention of queries to `others` tokens of width `otherWidth`: LN(dense(attention) + queries). */
export function attention(params: Params, config: QFormerConfig, otherWidth: number): QFormerLayer {
  const { width, heads, layerNormEpsilon } = config;
  const query = linear(params.at('self.query'), width, width);
  const key = linear(params.at('self.key'), otherWidth, width);
  const value = linear(params.at('self.value'), otherWidth, width);
  const dense = linear(params.at('output.dense'), width, width);
  const norm = layerNorm(params.at('output.LayerNorm'), width, layerNormEpsilon);

  return (queries, others) =>
    params.scoped(() => {
      const [q, k, v] = [query(queries), key(others), value(others)].map(x => splitHeads(x, heads));
      const mixed = scaledDotProductAttention(q!, k!, v!, (width / heads) ** -0.5); // (batch, heads, queries, headSize)
      return norm(dense(mergeHeads(mixed)).add(queries));
    });
}

/**
 * One Q-Former layer: self-attention, cross-attention in every layer whose index the frequency divides, and the query
 * branch's feed-forward, each followed by its norm (`Qformer.py`, `BertLayer`).
 */
export function qformerLayer(params: Params, config: QFormerConfig, index: number): QFormerLayer {
  const { width, intermediateWidth, encoderWidth, crossAttentionFrequency, layerNormEpsilon } = config;
  const selfAttention = attention(params.at('attention'), config, width);
  const seesImage = index % crossAttentionFrequency === 0;
  const crossAttention = seesImage ? attention(params.at('crossattention'), config, encoderWidth) : undefined;
  const expand = linear(params.at('intermediate_query.dense'), width, intermediateWidth);
  const contract = linear(params.at('output_query.dense'), intermediateWidth, width);
  const norm = layerNorm(params.at('output_query.LayerNorm'), width, layerNormEpsilon);

  return (queries, image) => {
    const attended = selfAttention(queries, queries);
    const informed = crossAttention?.(attended, image) ?? attended;
    return params.scoped(() => norm(contract(expand(informed).gelu()).add(informed)));
  };
}
