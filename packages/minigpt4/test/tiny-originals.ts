import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors } from '@minigpt4/checkpoint';
import { hostTensor, type HostTensor } from '@minigpt4/core';
import { weightsDirectory } from '@minigpt4/tiny';
import { readConfig } from '../src/model/read-config.js';
import type { Json } from '../src/model/read-json.js';
import type { OriginalPreset } from '../src/originals/presets.js';

/** The tiny model's sizes in the place of a released one's. */
export async function tinyPreset(): Promise<OriginalPreset> {
  const json = JSON.parse(await readFile(join(weightsDirectory(), 'config.json'), 'utf8')) as Json;
  return {
    config: await readConfig(json, join(weightsDirectory(), 'llm')),
    projectionFiles: ['pretrained_tiny.pth'],
    languageModel: { name: 'Tiny Vicuna', from: 'nowhere' },
  };
}

/** Where each part of the tiny model lies under the names of the original's downloads. */
export const originalNames = {
  vision: 'eva_vit_g.pth',
  qformer: 'blip2_pretrained_flant5xxl.pth',
  projection: 'pretrained_tiny.pth',
  llm: 'vicuna-tiny',
} as const;

const sources = {
  vision: 'eva_vit_tiny.pth',
  qformer: 'blip2_tiny.pth',
  projection: 'minigpt4_tiny_stage2.pth',
  llm: 'llm',
} as const;

/** Copies parts of the tiny model into a directory as people download the original. */
export async function writeOriginals(
  directory: string,
  parts: readonly (keyof typeof sources)[] = ['vision', 'qformer', 'projection', 'llm'],
): Promise<string> {
  await mkdir(directory, { recursive: true });
  for (const part of parts) {
    await cp(join(weightsDirectory(), sources[part]), join(directory, originalNames[part]), { recursive: true });
  }
  return directory;
}

/** All tensors of a checkpoint. */
export async function readAll(path: string): Promise<Record<string, HostTensor>> {
  await using checkpoint = await openCheckpoint(path);
  const tensors: Record<string, HostTensor> = {};
  for (const name of checkpoint.names()) tensors[name] = await checkpoint.read(name);
  return tensors;
}

/** Vision encoder and Q-Former of the original as one Hugging Face BLIP-2 checkpoint. */
export function asHuggingFace(original: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  const tensors: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(original)) {
    if (name.endsWith('q_bias')) {
      const values = original[name.replace('q_bias', 'v_bias')]!;
      tensors[huggingFaceName(name.replace('q_bias', 'qkv.bias'))] = joined(tensor, values);
    } else if (!name.endsWith('v_bias')) tensors[huggingFaceName(name)] = tensor;
  }
  return tensors;
}

function joined(queries: HostTensor, values: HostTensor): HostTensor {
  const size = queries.shape[0]!;
  const data = new Float32Array(3 * size);
  data.set(queries.data as Float32Array);
  data.set(values.data as Float32Array, 2 * size);
  return hostTensor('float32', [3 * size], data);
}

function huggingFaceName(name: string): string {
  return name
    .replace('cls_token', 'vision_model.embeddings.class_embedding')
    .replace('pos_embed', 'vision_model.embeddings.position_embedding')
    .replace('patch_embed.proj', 'vision_model.embeddings.patch_embedding')
    .replace(/^blocks\.(\d+)\.norm/, 'vision_model.encoder.layers.$1.layer_norm')
    .replace(/^blocks\.(\d+)\.attn\.proj/, 'vision_model.encoder.layers.$1.self_attn.projection')
    .replace(/^blocks\.(\d+)\.attn/, 'vision_model.encoder.layers.$1.self_attn')
    .replace(/^blocks\.(\d+)/, 'vision_model.encoder.layers.$1')
    .replace('ln_vision', 'vision_model.post_layernorm')
    .replace('Qformer.bert.embeddings.LayerNorm', 'qformer.layernorm')
    .replace('Qformer.bert', 'qformer')
    .replace('attention.self', 'attention.attention');
}

/** Writes the tiny model's eyes as Hugging Face's BLIP-2. */
export async function writeHuggingFaceBlip2(path: string, more: Record<string, HostTensor> = {}): Promise<void> {
  const vision = await readAll(join(weightsDirectory(), sources.vision));
  const qformer = await readAll(join(weightsDirectory(), sources.qformer));
  await writeSafetensors(path, { ...asHuggingFace({ ...vision, ...qformer }), ...more });
}
