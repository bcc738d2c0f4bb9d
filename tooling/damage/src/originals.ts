import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensors, writeTorchCheckpoint } from '@minigpt4/checkpoint';
import { elementCount, float32ToFloat16, hostTensor, random, type HostTensor, type Shape } from '@minigpt4/core';

/** A small valid checkpoint on the disk. */
export interface Original {
  /** What `openCheckpoint` is given. */
  readonly path: string;
  /** The files that it consists of. */
  readonly files: readonly string[];
}

/** A way to store tensors, and how one such checkpoint is made. */
export interface CheckpointKind {
  readonly name: string;
  /** Writes an original into an empty folder. */
  readonly make: (folder: string) => Promise<Original>;
}

/** Files of PyTorch and llama.cpp's tools, with every element type, views and shared storages. */
const fixtures = new URL('../../../packages/checkpoint/src/__fixtures__/', import.meta.url);

/** Every kind of checkpoint that is read. */
export const checkpointKinds: readonly CheckpointKind[] = [
  { name: 'torch zip', make: folder => copied('variants.pth', folder) },
  { name: 'torch legacy', make: folder => copied('variants-legacy.pth', folder) },
  { name: 'safetensors', make: writeOneFile },
  { name: 'sharded safetensors', make: folder => writeShards(folder, 'safetensors', writeSafetensors) },
  { name: 'sharded bin', make: folder => writeShards(folder, 'bin', writeTorchCheckpoint) },
  { name: 'GGUF', make: folder => copied('blocks.gguf', folder) },
];

async function copied(fixture: string, folder: string): Promise<Original> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, fixture);
  await copyFile(fileURLToPath(new URL(fixture, fixtures)), path);
  return { path, files: [path] };
}

async function writeOneFile(folder: string): Promise<Original> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'model.safetensors');
  await writeSafetensors(path, { ...layer(0), ...layer(1) }, { format: 'pt' });
  return { path, files: [path] };
}

type Write = (path: string, tensors: Readonly<Record<string, HostTensor>>) => Promise<void>;

async function writeShards(folder: string, ending: string, write: Write): Promise<Original> {
  await mkdir(folder, { recursive: true });
  const weightMap: Record<string, string> = {};
  const files: string[] = [];
  for (const number of [0, 1, 2]) {
    const shard = `model-0000${number + 1}-of-00003.${ending}`;
    const tensors = layer(number);
    for (const name of Object.keys(tensors)) weightMap[name] = shard;
    files.push(join(folder, shard));
    await write(join(folder, shard), tensors);
  }
  const index = join(folder, `model.${ending}.index.json`);
  await writeFile(index, JSON.stringify({ metadata: { total_size: 1 }, weight_map: weightMap }, undefined, 2));
  return { path: index, files: [index, ...files] };
}

/** Tensors named and shaped like those of a language model, of several types. */
function layer(number: number): Record<string, HostTensor> {
  const source = random(number + 1);
  const draw = (shape: Shape) => Float32Array.from({ length: elementCount(shape) }, () => source.normal());
  const name = (part: string) => `model.layers.${number}.${part}`;
  return {
    [name('self_attn.q_proj.weight')]: hostTensor('float16', [12, 16], float32ToFloat16(draw([12, 16]))),
    [name('self_attn.k_proj.weight')]: hostTensor('float16', [12, 16], float32ToFloat16(draw([12, 16]))),
    [name('mlp.up_proj.weight')]: hostTensor('float32', [16, 24], draw([16, 24])),
    [name('input_layernorm.weight')]: hostTensor('float32', [16], draw([16])),
    [name('positions')]: hostTensor(
      'int64',
      [1, 9],
      BigInt64Array.from({ length: 9 }, (_, i) => BigInt(i)),
    ),
  };
}
