import { hostTensor, random, type HostTensor } from '@minigpt4/core';
import { decoderLayer, type LlamaConfig, vicuna7b } from '@minigpt4/llm-vicuna';
import { Params } from '@minigpt4/nn';
import { graph, input, type Graph } from '@minigpt4/onnx-graph';
import { projection } from '@minigpt4/projection';
import { blip2QFormer, qformer } from '@minigpt4/qformer';
import { evaClipViTg14, evaViT, imageInput, visionTokens } from '@minigpt4/vision-encoder';
import { llama1b } from './checkpoints/model-presets.js';

/** A stage at a real size: its graph and what is fed to it. */
export interface StageShape {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** Multiply-adds of one run, in billions, of the matrix products alone. */
  readonly gigaOperations: number;
}

/** The named shapes that `bench stages` runs, each made on demand. */
export const stageShapes: Readonly<Record<string, () => StageShape>> = {
  'vit-g.block 1x257x1408': () => visionShape(1),
  'vit-g.39-blocks 1x257x1408': () => visionShape(evaClipViTg14.depth),
  'q-former 1x257x1408 to 1x32x768': qformerShape,
  'projection 1x32x768 to 1x32x4096': projectionShape,
  'llama-1.1b.layer prefill 128': () => llamaShape(llama1b, { tokens: 128, past: 1 }),
  'llama-1.1b.layer decode 1 after 256': () => llamaShape(llama1b, { tokens: 1, past: 257 }),
  'llama-7b.layer prefill 128': () => llamaShape(vicuna7b, { tokens: 128, past: 1 }),
  'llama-7b.layer decode 1 after 256': () => llamaShape(vicuna7b, { tokens: 1, past: 257 }),
};

function noise(shape: readonly number[]): HostTensor {
  const { normal } = random(1);
  const count = shape.reduce((product, size) => product * size, 1);
  return hostTensor('float32', shape, Float32Array.from({ length: count }, normal));
}

function visionShape(depth: number): StageShape {
  const config = { ...evaClipViTg14, depth };
  const params = Params.root();
  const { output } = evaViT({ vision: params, lnVision: params.at('ln_vision') }, config)(imageInput(config));
  const { width, mlpWidth, imageSize } = config;
  const tokens = visionTokens(config);
  const perBlock = tokens * width * (4 * width + 2 * mlpWidth) + 2 * tokens * tokens * width;
  const patches = (tokens - 1) * width * 3 * config.patchSize ** 2;
  return {
    graph: graph({ output }),
    inputs: { image: noise([1, 3, imageSize, imageSize]) },
    gigaOperations: (depth * perBlock + patches) / 1e9,
  };
}

function qformerShape(): StageShape {
  const config = blip2QFormer;
  const { width, queries, layers, intermediateWidth, encoderWidth, crossAttentionFrequency } = config;
  const tokens = visionTokens(evaClipViTg14);
  const image = input('image', 'float32', ['batch', tokens, encoderWidth]);
  const perLayer = queries * width * (4 * width + 2 * intermediateWidth) + 2 * queries * queries * width;
  const perCross = 2 * queries * width * width + 2 * tokens * encoderWidth * width + 2 * queries * tokens * width;
  return {
    graph: graph({ output: qformer(Params.root(), config)(image).output }),
    inputs: { image: noise([1, tokens, encoderWidth]) },
    gigaOperations: (layers * perLayer + (layers / crossAttentionFrequency) * perCross) / 1e9,
  };
}

function projectionShape(): StageShape {
  const [inputWidth, outputWidth, tokens] = [blip2QFormer.width, vicuna7b.width, blip2QFormer.queries];
  const features = input('features', 'float32', ['batch', tokens, inputWidth]);
  return {
    graph: graph({ output: projection(Params.root(), { inputWidth, outputWidth })(features) }),
    inputs: { features: noise([1, tokens, inputWidth]) },
    gigaOperations: (tokens * inputWidth * outputWidth) / 1e9,
  };
}

function llamaShape(config: LlamaConfig, { tokens, past }: { tokens: number; past: number }): StageShape {
  const { width, heads, kvHeads, headSize, intermediateWidth } = config;
  const cached = (name: string) => input(name, 'float32', ['past', 'batch', kvHeads, headSize]);
  const groups = heads / kvHeads;
  const layer = decoderLayer(Params.root(), config);
  const context = {
    positionIds: input('position_ids', 'int64', ['batch', 'tokens']),
    attentionBias: input('attention_bias', 'float32', [
      'batch',
      1,
      groups === 1 ? 'tokens' : `${groups}*tokens`,
      'past+tokens',
    ]),
  };
  const x = input('hidden', 'float32', ['batch', 'tokens', width]);
  const { hidden, present } = layer(x, context, { key: cached('key'), value: cached('value') });
  const weights = width * (2 * heads + 2 * kvHeads) * headSize + 3 * width * intermediateWidth;
  const keys = past + tokens;
  return {
    graph: graph({ hidden_out: hidden, present_key: present.key, present_value: present.value }),
    inputs: {
      hidden: noise([1, tokens, width]),
      position_ids: hostTensor(
        'int64',
        [1, tokens],
        BigInt64Array.from({ length: tokens }, (_, i) => BigInt(past - 1 + i)),
      ),
      attention_bias: hostTensor('float32', [1, 1, groups * tokens, keys], new Float32Array(groups * tokens * keys)),
      key: noise([past, 1, kvHeads, headSize]),
      value: noise([past, 1, kvHeads, headSize]),
    },
    gigaOperations: (tokens * weights + 2 * tokens * keys * heads * headSize) / 1e9,
  };
}
