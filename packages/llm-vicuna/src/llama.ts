import type { DType } from '@minigpt4/core';
import { embedding, linear, rmsNorm, type Params } from '@minigpt4/nn';
import { input, multiplyDims, type Dim, type Tensor } from '@minigpt4/onnx-graph';
import type { LlamaConfig } from './config.js';
import { decoderLayer, rotaryPositions, type DecoderContext, type KeysAndValues } from './decoder-layer.js';

/** A decoder: word embeddings to hidden states and logits. */
export interface Llama {
  /** Type the graph computes in. */
  readonly dtype: DType;
  /** int64 (…) to (…, width). */
  embedTokens(ids: Tensor): Tensor;
  /** (batch, tokens, width) to final hidden states (batch, tokens, width) and each layer's new keys and values. */
  decode(
    embeddings: Tensor,
    inputs: DecoderInputs,
  ): { hidden: Tensor; layers: readonly Tensor[]; presents: readonly KeysAndValues[] };
  /** (…, width) to (…, vocabulary). */
  head(hidden: Tensor): Tensor;
}

/** What {@link Llama.decode} needs beside embeddings. */
export interface DecoderInputs {
  /** int64 (batch, tokens). */
  readonly positionIds: Tensor;
  /** (batch, 1, tokens, [past +] tokens), added to attention scores. */
  readonly attentionBias: Tensor;
  /** The cache, layer by layer. Defaults to none. */
  readonly pasts?: readonly KeysAndValues[];
}

/** The LLaMA decoder under its Hugging Face names (`modeling_llama.py`). `params` is the root of the checkpoint. */
export function llama(params: Params, config: LlamaConfig): Llama {
  const { width, vocabularySize, layers, heads, kvHeads } = config;
  const model = params.at('model');
  const embedTokens = embedding(model.at('embed_tokens'), vocabularySize, width);
  const rotate = rotaryPositions(config);
  const stack = Array.from({ length: layers }, (_, i) => decoderLayer(model.at('layers').at(i), config, rotate));
  const norm = rmsNorm(model.at('norm'), width, config.rmsNormEpsilon);
  const headScope = config.tiedHead ? model.at('embed_tokens') : params.at('lm_head');

  return {
    dtype: params.dtype,
    embedTokens,
    decode(embeddings, { positionIds, attentionBias, pasts }) {
      const context = { positionIds, attentionBias: model.scoped(() => repeatRows(attentionBias, heads / kvHeads)) };
      const hiddens: Tensor[] = [];
      const presents: KeysAndValues[] = [];
      stack.forEach((layer, i) => {
        const { hidden, present } = layer(hiddens.at(-1) ?? embeddings, context, pasts?.[i]);
        hiddens.push(hidden);
        presents.push(present);
      });
      return { hidden: norm(hiddens.at(-1) ?? embeddings), layers: hiddens, presents };
    },
    head: hidden => linear(headScope, width, vocabularySize, { bias: false })(hidden),
  };
}

/** The bias of (batch, 1, tokens, keys) for queries that hold `groups` heads' rows one after another. */
function repeatRows(bias: Tensor, groups: number): DecoderContext['attentionBias'] {
  if (groups === 1) return bias;
  const [batch, , tokens, keys] = bias.shape as [Dim, number, Dim, Dim];
  return bias
    .unsqueeze(2)
    .expand([batch, 1, groups, tokens, keys], bias)
    .reshape([batch, 1, multiplyDims(groups, tokens), keys]);
}

/**
 * One step of generation as graph outputs: new embeddings after a cache, to `logits` (batch, scored, vocabulary) of
 * some of them and the new rows of the cache. Inputs: `inputs_embeds` (batch, tokens, width), `position_ids`,
 * `attention_bias` (batch, 1, tokens, past+tokens), `scored_tokens` (scored), the indices of the tokens whose logits are
 * wanted, and `past.N.key`, `past.N.value` (past, batch, kvHeads, headSize), past ≥ 1. All floats go in and out as
 * float32, whatever the graph computes in.
 */
export function decoderStep(
  model: Llama,
  { width, layers, kvHeads, headSize }: LlamaConfig,
): Readonly<Record<string, Tensor>> {
  const { dtype } = model;
  const embeddings = input('inputs_embeds', 'float32', ['batch', 'tokens', width]);
  const past = (name: string) => input(name, 'float32', ['past', 'batch', kvHeads, headSize]).cast(dtype);
  const pasts = Array.from({ length: layers }, (_, i) => ({
    key: past(`past.${i}.key`),
    value: past(`past.${i}.value`),
  }));
  const { hidden, presents } = model.decode(embeddings.cast(dtype), {
    positionIds: input('position_ids', 'int64', ['batch', 'tokens']),
    attentionBias: input('attention_bias', 'float32', ['batch', 1, 'tokens', 'past+tokens']).cast(dtype),
    pasts,
  });
  const scored = hidden.gather(input('scored_tokens', 'int64', ['scored']), 1); // (batch, scored, width)
  const rows = presents.flatMap(({ key, value }, i) => [
    [`present.${i}.key`, key.cast('float32')] as const,
    [`present.${i}.value`, value.cast('float32')] as const,
  ]);
  return { logits: model.head(scored).cast('float32'), ...Object.fromEntries(rows) };
}
