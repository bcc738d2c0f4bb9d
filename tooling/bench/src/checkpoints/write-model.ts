import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors, writeTorchCheckpoint } from '@minigpt4/checkpoint';
import { byteSize, elementCount } from '@minigpt4/core';
import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import { modelConfigJson, llamaConfigJson } from './config-json.js';
import type { ModelSizes } from './model-presets.js';
import { Noise } from './noise.js';
import { blip2Tensors, llamaTensors, projectionTensors, visionTensors } from './original-tensors.js';
import { madeTensors, pendingTensors, type RandomTensor } from './random-checkpoint.js';
import { syntheticTokenizer } from './synthetic-tokenizer.js';

/** Options of {@link writeModel}. */
export interface WriteModelOptions {
  /** A `tokenizer.json` to copy. Defaults to one made up, which spells texts in bytes. */
  readonly tokenizer?: string;
  /** Most bytes of tensors in one file of the language model. Defaults to 10 GB, as Hugging Face's tools had it then. */
  readonly shardBytes?: number;
  /** Is told what is being written, a short line at a time. Defaults to nobody. */
  readonly onProgress?: (message: string) => void;
}

/** Names of the files beside `config.json`. */
const visionFile = 'eva_vit_g.pth';
const qformerFile = 'blip2_pretrained_flant5xxl.pth';
const llmFolder = 'llm';

/**
 * Writes a model of random weights in the formats that the original downloads: a directory that `loadMiniGPT4` loads, or,
 * without eyes, a directory of Hugging Face. A tensor at a time: memory stays below 1 GB at any size.
 */
export async function writeModel(directory: string, sizes: ModelSizes, options: WriteModelOptions = {}): Promise<void> {
  const { eyes, llm, projectionFile } = sizes;
  const noise = new Noise();
  if (eyes === undefined) return writeLanguageModel(directory, llm, noise, options);
  const { vision, qformer, concatenated = false } = eyes;
  await mkdir(directory, { recursive: true });
  options.onProgress?.(visionFile);
  await writeTorchCheckpoint(join(directory, visionFile), await madeTensors(visionTensors(vision), noise));
  options.onProgress?.(qformerFile);
  const blip2 = await madeTensors(blip2Tensors(vision, qformer), noise);
  await writeTorchCheckpoint(join(directory, qformerFile), { model: blip2 });
  options.onProgress?.(projectionFile);
  const projection = projectionTensors(concatenated ? 4 * vision.width : qformer.width, llm.width);
  await writeTorchCheckpoint(join(directory, projectionFile), { model: await madeTensors(projection, noise) });
  await writeLanguageModel(join(directory, llmFolder), llm, noise, options);
  const files = { vision: visionFile, qformer: qformerFile, projection: projectionFile, llm: llmFolder };
  await writeJson(join(directory, 'config.json'), { ...modelConfigJson(eyes), llm: `${llmFolder}/config.json`, files });
}

async function writeLanguageModel(
  directory: string,
  config: LlamaConfig,
  noise: Noise,
  { tokenizer, shardBytes = 10e9, onProgress }: WriteModelOptions,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const shards = inShards(llamaTensors(config), shardBytes);
  const number = (value: number) => `${value}`.padStart(5, '0');
  const weightMap: Record<string, string> = {};
  for (const [i, tensors] of shards.entries()) {
    const file =
      shards.length === 1 ? 'model.safetensors' : `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    onProgress?.(file);
    await writeSafetensors(join(directory, file), pendingTensors(tensors, noise), { format: 'pt' });
    for (const { name } of tensors) weightMap[name] = file;
  }
  if (shards.length > 1) {
    const index = { metadata: { total_size: sum(shards.flat().map(tensorBytes)) }, weight_map: weightMap };
    await writeJson(join(directory, 'model.safetensors.index.json'), index);
  }
  await writeJson(join(directory, 'config.json'), llamaConfigJson(config));
  const target = join(directory, 'tokenizer.json');
  if (tokenizer === undefined) await writeJson(target, syntheticTokenizer(config.vocabularySize));
  else await copyFile(tokenizer, target);
  await writeJson(join(directory, 'tokenizer_config.json'), tokenizerConfig);
}

const tokenizerConfig = {
  tokenizer_class: 'LlamaTokenizer',
  bos_token: '<s>',
  eos_token: '</s>',
  unk_token: '<unk>',
  add_bos_token: true,
  add_eos_token: false,
};

function inShards(tensors: readonly RandomTensor[], mostBytes: number): RandomTensor[][] {
  const shards: RandomTensor[][] = [[]];
  let bytes = 0;
  for (const tensor of tensors) {
    const size = tensorBytes(tensor);
    if (bytes > 0 && bytes + size > mostBytes) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)!.push(tensor);
    bytes += size;
  }
  return shards;
}

function tensorBytes({ dtype, shape }: RandomTensor): number {
  return byteSize(dtype) * elementCount(shape);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function writeJson(path: string, value: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}
