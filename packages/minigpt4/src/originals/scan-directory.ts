import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { openCheckpoint, type Checkpoint } from '@minigpt4/checkpoint';
import type { MiniGPT4Error } from '@minigpt4/core';
import { readQFormerCompanion } from '@minigpt4/qformer';
import { isLanguageDirectory } from '../language/language-files.js';

/** A stage whose weights a file holds. */
export type OriginalPart = 'vision' | 'qformer' | 'projection';

/** A checkpoint with weights of ours in it. */
export interface FoundCheckpoint {
  readonly path: string;
  readonly parts: ReadonlySet<OriginalPart>;
  /** (output, input) of `llama_proj.weight`; absent without one. */
  readonly projectionShape?: readonly number[];
  /** Language model beside which its Q-Former was trained; absent where nothing tells. */
  readonly companion?: string;
}

/** What lies in a directory and the directories in it. */
export interface ScannedDirectory {
  /** Directories of Hugging Face LLaMA models, and GGUF files. */
  readonly languageModels: readonly string[];
  readonly checkpoints: readonly FoundCheckpoint[];
  /** Files that look like checkpoints and cannot be opened, with the reason. */
  readonly broken: ReadonlyMap<string, MiniGPT4Error>;
}

const endings = new Set(['.pth', '.pt', '.bin', '.safetensors']);

/** The most files that are looked into; a directory of more is not one that somebody made for a model. */
const mostFiles = 256;

/**
 * Looks into every checkpoint of a directory and of the directories directly in it, by content: what a file is called
 * does not matter here. Reads tables of contents only.
 */
export async function scanDirectory(directory: string): Promise<ScannedDirectory> {
  const folders = [directory, ...(await list(directory, 'folders'))];
  const languageModels: string[] = [];
  const files: string[] = [];
  for (const folder of folders) {
    const names = await list(folder, 'files');
    // a delta is no model: it is what is added to one
    if ((await isLanguageDirectory(folder)) && !/delta/i.test(basename(folder))) languageModels.push(folder);
    languageModels.push(...names.filter(path => extname(path).toLowerCase() === '.gguf'));
    files.push(...names.filter(path => path.endsWith('.index.json') || endings.has(extname(path))));
  }
  const { checkpoints, broken } = await lookInto(files.slice(0, mostFiles));
  return { languageModels, checkpoints, broken };
}

async function list(folder: string, what: 'files' | 'folders'): Promise<string[]> {
  const entries = await readdir(folder).catch(() => []);
  const wanted: string[] = [];
  for (const name of entries.toSorted((a, b) => (a < b ? -1 : 1))) {
    const found = await stat(join(folder, name)).catch(() => undefined); // follows links, which caches are made of
    if (what === 'files' ? found?.isFile() === true : found?.isDirectory() === true) wanted.push(join(folder, name));
  }
  return wanted;
}

/** True for a directory with weights of vision encoder, Q-Former or projection in it, or one directory deeper. */
export async function holdsOriginals(directory: string): Promise<boolean> {
  return (await scanDirectory(resolve(directory))).checkpoints.length > 0;
}

async function lookInto(files: readonly string[]): Promise<Pick<ScannedDirectory, 'checkpoints' | 'broken'>> {
  const checkpoints: FoundCheckpoint[] = [];
  const broken = new Map<string, MiniGPT4Error>();
  const covered = new Set<string>();
  // an index stands for its shards, so it comes first; one without all of them leaves the shards to be seen alone
  const order = files.toSorted((a, b) => Number(b.endsWith('.json')) - Number(a.endsWith('.json')));
  for (const path of order) {
    if (covered.has(path)) continue;
    try {
      await using checkpoint = await openCheckpoint(path);
      for (const name of path.endsWith('.json') ? checkpoint.names() : []) {
        const shard = checkpoint.location(name)?.file;
        if (shard !== undefined) covered.add(shard);
      }
      const found = describe(checkpoint, path);
      if (found !== undefined) checkpoints.push(found);
    } catch (error) {
      broken.set(path, error as MiniGPT4Error);
    }
  }
  return { checkpoints, broken };
}

function describe(checkpoint: Checkpoint, path: string): FoundCheckpoint | undefined {
  const has = (name: string) => checkpoint.info(name) !== undefined;
  const parts = new Set<OriginalPart>();
  if (has('patch_embed.proj.weight') || has('vision_model.embeddings.patch_embedding.weight')) parts.add('vision');
  const norms = ['Qformer.bert.embeddings.LayerNorm.weight', 'qformer.layernorm.weight'];
  if (has('query_tokens') && norms.some(has)) parts.add('qformer');
  if (has('llama_proj.weight')) parts.add('projection');
  if (parts.size === 0) return undefined;
  const shape = checkpoint.info('llama_proj.weight')?.shape;
  const companion = parts.has('qformer') ? companionOf(checkpoint, path) : undefined;
  return { path, parts, ...(shape && { projectionShape: shape }), ...(companion !== undefined && { companion }) };
}

/** Further training on COCO leaves no trace but a name. */
function companionOf(checkpoint: Checkpoint, path: string): string | undefined {
  const named = [basename(path), basename(dirname(path))].some(name => /coco/i.test(name));
  return named ? 'a language model on COCO' : readQFormerCompanion(checkpoint);
}
