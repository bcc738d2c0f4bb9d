import { linear, rmsNorm, rotary, type Layer, type Params, type Rotate } from '@minigpt4/nn';
import { multiplyDims, type Dim, type Tensor } from '@minigpt4/onnx-graph';
import type { LlamaConfig } from './config.js';

/** Keys and values of one layer, (positions, batch, kvHeads, headSize): the layout of the cache. */
export interface KeysAndValues {
  readonly key: Tensor;
  readonly value: Tensor;
}

/** What a decoder layer needs beside the hidden states. */
export interface DecoderContext {
  /** int64 (batch, tokens). */
  readonly positionIds: Tensor;
  /** Added to attention scores, 0 or very negative: (batch, 1, groups · tokens, [past +] tokens). */
  readonly attentionBias: Tensor;
}

/** Hidden states after a layer, and the keys and values it made of the new tokens. */
export interface DecoderLayerOutputs {
  readonly hidden: Tensor;
  readonly present: KeysAndValues;
}

/** (batch, tokens, width) to (batch, tokens, width), attending to the past where there is one. */
export type DecoderLayer = (x: Tensor, context: DecoderContext, past?: KeysAndValues) => DecoderLayerOutputs;

/** Causal grouped-query self-attention with rotary positions, over a cache and the new tokens (`modeling_llama.py`). */
export function attention(params: Params, config: LlamaConfig, rotate: Rotate): DecoderLayer {
  const { width, heads, kvHeads, headSize } = config;
  const groups = heads / kvHeads;
  const query = linear(params.at('q_proj'), width, heads * headSize, { bias: false });
  const key = linear(params.at('k_proj'), width, kvHeads * headSize, { bias: false });
  const value = linear(params.at('v_proj'), width, kvHeads * headSize, { bias: false });
  const output = linear(params.at('o_proj'), heads * headSize, width, { bias: false });

  return (x, { positionIds, attentionBias }, past) =>
    params.scoped(() => {
      const [batch, tokens] = x.shape as [Dim, Dim];
      const q = rotate(query(x), positionIds)
        .reshape([batch, tokens, kvHeads, groups, headSize])
        .transpose([0, 2, 3, 1, 4])
        .reshape([batch, kvHeads, multiplyDims(groups, tokens), headSize]);
      const k = rotate(key(x), positionIds).reshape([batch, tokens, kvHeads, headSize]);
      const v = value(x).reshape([batch, tokens, kvHeads, headSize]);

      const scale = headSize ** -0.5;
      const newScores = q.fusedMatmul(k.transpose([0, 2, 1, 3]), { transposeB: true, scale });
      const pastScores = past && [q.fusedMatmul(past.key, { transposeB: true, batchInsideB: true, scale })];
      const scores = pastScores === undefined ? newScores : pastScores[0]!.concat([newScores], 3);
      const weights = scores.add(attentionBias).softmax(); // (batch, kvHeads, groups · tokens, [past +] tokens)

      const mixed = mix(weights, v.transpose([0, 2, 1, 3]), past);
      const merged = mixed
        .reshape([batch, kvHeads, groups, tokens, headSize])
        .transpose([0, 3, 1, 2, 4])
        .reshape([batch, tokens, heads * headSize]);
      const present = { key: k.transpose([1, 0, 2, 3]), value: v.transpose([1, 0, 2, 3]) };
      return { hidden: output(merged), present };
    });
}

/** Attention weights times values: the past's from the cache as it lies, plus the new ones'. */
function mix(weights: Tensor, values: Tensor, past: KeysAndValues | undefined): Tensor {
  if (past === undefined) return weights.matmul(values);
  const sizes = [past.value.shape[0]!, values.shape[2]!];
  const [pastWeights, newWeights] = weights.split(sizes, 3, past.value, values);
  return pastWeights!.fusedMatmul(past.value, { batchInsideB: true }).add(newWeights!.matmul(values));
}

/** SwiGLU feed-forward: down(silu(gate(x)) · up(x)). */
export function mlp(params: Params, { width, intermediateWidth }: LlamaConfig): Layer {
  const gate = linear(params.at('gate_proj'), width, intermediateWidth, { bias: false });
  const up = linear(params.at('up_proj'), width, intermediateWidth, { bias: false });
  const down = linear(params.at('down_proj'), intermediateWidth, width, { bias: false });
  return x => down(params.scoped(() => gate(x).silu().mul(up(x))));
}

/** The rotary positions of a model; made once, so that its layers share the tables. */
export function rotaryPositions({ headSize, maxPositions, ropeTheta }: LlamaConfig): Rotate {
  return rotary({ headSize, positions: maxPositions, theta: ropeTheta });
}

/** Pre-norm decoder layer. */
export function decoderLayer(params: Params, config: LlamaConfig, rotate = rotaryPositions(config)): DecoderLayer {
  const inputNorm = rmsNorm(params.at('input_layernorm'), config.width, config.rmsNormEpsilon);
  const attend = attention(params.at('self_attn'), config, rotate);
  const postNorm = rmsNorm(params.at('post_attention_layernorm'), config.width, config.rmsNormEpsilon);
  const feedForward = mlp(params.at('mlp'), config);

  return (x, context, past) => {
    const attended = attend(inputNorm(x), context, past);
    const middle = params.scoped(() => x.add(attended.hidden));
    const hidden = params.scoped(() => middle.add(feedForward(postNorm(middle))));
    return { hidden, present: attended.present };
  };
}
