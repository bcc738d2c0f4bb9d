import type { ExpectedTensor } from '@minigpt4/checkpoint';
import { elementCount } from '@minigpt4/core';
import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import { Params } from '@minigpt4/nn';
import { input } from '@minigpt4/onnx-graph';
import { expectedTensors } from '@minigpt4/onnx-session';
import { qformer, type QFormerConfig } from '@minigpt4/qformer';
import { type EvaViTConfig, evaViT, imageInput, visionTokens } from '@minigpt4/vision-encoder';
import { languageModelGraphs } from 'minigpt4';
import type { NoiseType } from './noise.js';
import type { RandomTensor } from './random-checkpoint.js';

/** Scales of norms start at one; everything else, biases too, is noise. */
const normScale = /(norm\d?|layernorm|ln_vision)\.weight$/i;

/** Parts that `vit_precision: fp16` halves: convolution and linear layers with their biases, not what is bare or a norm. */
const halved = /^(patch_embed\.proj|blocks\.\d+\.(attn\.(qkv|proj)|mlp\.fc\d)|head)\./;

/** Width of what the vision encoder was trained to give, after its unused head. */
const headWidth = 1024;

/** Width of the T5 model that BLIP-2 was trained with, whose projection its file still holds. */
const t5Width = 4096;

/** Tensors of `eva_vit_g.pth`: mixed precision, one block more than is used, final norm and head (specification, 1.5). */
export function visionTensors(config: EvaViTConfig): RandomTensor[] {
  const params = Params.root();
  evaViT({ vision: params, lnVision: Params.root() }, { ...config, depth: config.depth + 1 })(imageInput(config));
  const unused = [
    { name: 'norm.weight', shape: [config.width] },
    { name: 'norm.bias', shape: [config.width] },
    { name: 'head.weight', shape: [headWidth, config.width] },
    { name: 'head.bias', shape: [headWidth] },
  ];
  return [...params.manifest(), ...unused].map(tensor =>
    randomTensor(tensor, halved.test(tensor.name) ? 'float16' : 'float32'),
  );
}

/** Tensors of `blip2_pretrained_flant5xxl.pth`: queries, `ln_vision`, Q-Former, and T5's unused projection, all float32 (2.3). */
export function blip2Tensors(vision: EvaViTConfig, config: QFormerConfig): RandomTensor[] {
  const params = Params.root();
  qformer(params, config)(input('image', 'float32', ['batch', visionTokens(vision), config.encoderWidth]));
  const rest = [
    { name: 'ln_vision.weight', shape: [vision.width] },
    { name: 'ln_vision.bias', shape: [vision.width] },
    { name: 't5_proj.weight', shape: [t5Width, config.width] },
    { name: 't5_proj.bias', shape: [t5Width] },
  ];
  return [...params.manifest(), ...rest].map(tensor => randomTensor(tensor, 'float32'));
}

/** Tensors of a language model of Hugging Face in half precision (4.2). */
export function llamaTensors(config: LlamaConfig): RandomTensor[] {
  const { embedTokens, decoderStep } = languageModelGraphs(config);
  const wanted = new Map([embedTokens, decoderStep].flatMap(expectedTensors).map(tensor => [tensor.name, tensor]));
  return [...wanted.values()].map(tensor => randomTensor(tensor, 'float16'));
}

/** Tensors of a trained projection (3.1). */
export function projectionTensors(inputWidth: number, outputWidth: number): RandomTensor[] {
  const tensors = [
    { name: 'llama_proj.weight', shape: [outputWidth, inputWidth] },
    { name: 'llama_proj.bias', shape: [outputWidth] },
  ];
  return tensors.map(tensor => randomTensor(tensor, 'float32'));
}

/** Numbers in some tensors. */
export function parameterCount(tensors: readonly ExpectedTensor[]): number {
  return tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

function randomTensor(tensor: ExpectedTensor, dtype: NoiseType): RandomTensor {
  return { ...tensor, dtype, content: normScale.test(tensor.name) ? 'ones' : 'noise' };
}
