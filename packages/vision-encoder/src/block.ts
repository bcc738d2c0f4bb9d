import { hostTensor } from '@minigpt4/core';
import {
  layerNorm,
  linear,
  mergeHeads,
  scaledDotProductAttention,
  splitHeads,
  type Layer,
  type Params,
} from '@minigpt4/nn';
import { constant } from '@minigpt4/onnx-graph';
import type { EvaViTConfig } from './config.js';

/** Multi-head self-attention: (batch, tokens, width) to (batch, tokens, width). Queries and values have a bias, keys have none. */
export function attention(params: Params, { width, heads }: EvaViTConfig): Layer {
  const weight = params.get('qkv.weight', [3 * width, width]);
  const queryBias = params.get('q_bias', [width]);
  const valueBias = params.get('v_bias', [width]);
  const proj = linear(params.at('proj'), width, width);

  return x =>
    params.scoped(() => {
      const keyBias = constant(hostTensor('float32', [width], new Float32Array(width))).cast(x.dtype);
      const bias = queryBias.concat([keyBias, valueBias], 0);
      const qkv = x.fusedMatmul(weight, { transposeB: true }).add(bias).split([width, width, width], 2);
      const [q, k, v] = qkv.map(part => splitHeads(part, heads)); // (batch, heads, tokens, headSize)
      const mixed = scaledDotProductAttention(q!, k!, v!, (width / heads) ** -0.5);
      return proj(mergeHeads(mixed));
    });
}

/** Two-layer feed-forward with the exact GELU: (batch, tokens, width) to (batch, tokens, width). */
export function mlp(params: Params, { width, mlpWidth }: EvaViTConfig): Layer {
  const fc1 = linear(params.at('fc1'), width, mlpWidth);
  const fc2 = linear(params.at('fc2'), mlpWidth, width);
  return x => fc2(params.scoped(() => fc1(x).gelu()));
}

/** Pre-norm transformer block: (batch, tokens, width) to (batch, tokens, width). */
export function block(params: Params, config: EvaViTConfig): Layer {
  const norm1 = layerNorm(params.at('norm1'), config.width, config.layerNormEpsilon);
  const attend = attention(params.at('attn'), config);
  const norm2 = layerNorm(params.at('norm2'), config.width, config.layerNormEpsilon);
  const feedForward = mlp(params.at('mlp'), config);

  return x => {
    const attended = params.scoped(() => x.add(attend(norm1(x))));
    return params.scoped(() => attended.add(feedForward(norm2(attended))));
  };
}
