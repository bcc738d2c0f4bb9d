import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, type Checkpoint } from '@minigpt4/checkpoint';
import { asFloat32, hostTensor, type HostTensor } from '@minigpt4/core';
import { readConfig, type MiniGPT4Config } from 'minigpt4';

/** A `nano` directory, opened: its sizes, its checkpoints under the original's names, and its reference tensors. */
export interface NanoModel {
  readonly directory: string;
  readonly config: MiniGPT4Config;
  readonly files: {
    readonly vision: string;
    readonly qformer: string;
    readonly projection: string;
    readonly llm: string;
  };
  /** The parsed `config.json`, for keys that are no part of the model. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Where the README of the directory says each checkpoint is, unless `config.json` has `files`. */
const defaultFiles = {
  vision: 'checkpoints/eva_vit.pth',
  qformer: 'checkpoints/blip2_pretrained.pth',
  projection: 'checkpoints/minigpt4_stage1.pth',
  llm: 'checkpoints/llm',
};

/** Reads a directory's sizes and file names. */
export async function openNano(directory: string): Promise<NanoModel> {
  const json = await readJsonFile<Readonly<Record<string, unknown>>>(directory, 'config.json');
  const named = { ...defaultFiles, ...(json.files as Partial<typeof defaultFiles> | undefined) };
  const path = (key: keyof typeof defaultFiles) => join(directory, named[key]);
  const files = { vision: path('vision'), qformer: path('qformer'), projection: path('projection'), llm: path('llm') };
  return { directory, json, files, config: await readConfig(json, files.llm) };
}

/** A JSON file of the directory. */
export async function readJsonFile<T>(directory: string, name: string): Promise<T> {
  return JSON.parse(await readFile(join(directory, name), 'utf8')) as T;
}

/** Opens a safetensors file of the directory for the time of `use`. */
export async function withTensors<T>(
  directory: string,
  name: string,
  use: (tensors: Checkpoint) => Promise<T>,
): Promise<T> {
  const tensors = await openCheckpoint(join(directory, name));
  try {
    return await use(tensors);
  } finally {
    await tensors.close();
  }
}

/** One tensor as float32 with its shape. */
export async function readFloats(tensors: Checkpoint, name: string): Promise<HostTensor<'float32'>> {
  const tensor = await tensors.read(name);
  return hostTensor('float32', tensor.shape, asFloat32(tensor));
}
