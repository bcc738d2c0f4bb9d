import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { readLlamaConfig } from '@minigpt4/llm-vicuna';
import { readQFormerConfig } from '@minigpt4/qformer';
import { weightsDirectory } from '@minigpt4/tiny';
import { clipPreprocess, readEvaViTConfig } from '@minigpt4/vision-encoder';
import { checkWidths, type MiniGPT4Config } from '../config.js';
import { readLanguageConfig } from '../language/language-files.js';
import { readJson, type Json } from './read-json.js';

/** Absolute paths of a model's checkpoints. */
export interface ModelFiles {
  /** EVA ViT: a flat state dict such as `eva_vit_g.pth`. */
  readonly vision: string;
  /** BLIP-2: `query_tokens`, `ln_vision.*`, `Qformer.*`. */
  readonly qformer: string;
  /** `llama_proj.*`. */
  readonly projection: string;
  /** Directory of a Hugging Face LLaMA with its tokenizer, or a GGUF file. */
  readonly llm: string;
}

/** A model's name, sizes and files: everything {@link loadMiniGPT4} needs. */
export interface ModelDescription {
  readonly name: string;
  readonly config: MiniGPT4Config;
  readonly files: ModelFiles;
}

/** Models known by name, and the directory each is read from. */
const presets: Readonly<Record<string, () => string>> = { tiny: weightsDirectory };

/** Names that {@link loadMiniGPT4} knows without a directory. */
export function presetNames(): string[] {
  return Object.keys(presets);
}

/**
 * Describes a model by preset name or directory. A model directory holds a `config.json` with the sizes and, under
 * `files`, the checkpoints relative to it.
 *
 * @throws `MODEL_NOT_FOUND` for neither a preset nor a directory with `config.json`, `CONFIG_INVALID`, `CONFIG_MISMATCH`
 */
export async function describeModel(source: string): Promise<ModelDescription> {
  const preset = Object.hasOwn(presets, source) ? presets[source] : undefined;
  const directory = preset?.() ?? resolve(source);
  const found = await stat(join(directory, 'config.json')).catch(() => undefined);
  if (found?.isFile() !== true) {
    throw new MiniGPT4Error(
      'MODEL_NOT_FOUND',
      `model: nothing to load, expected a preset (${presetNames().join(', ')}), a directory with config.json or a GGUF file, got "${source}". Check the spelling or the path.`,
    );
  }
  const json = await readJson(join(directory, 'config.json'));
  const files = readFiles(json, directory);
  const config = await readConfig(json, files.llm);
  return { name: preset === undefined ? basename(directory) : source, config, files };
}

/**
 * Reads the sizes from a parsed `config.json`; `llmPath` is the language model's directory or GGUF file, which says its
 * sizes when the parsed one does not.
 *
 * @throws `CONFIG_INVALID`, `CONFIG_MISMATCH`
 */
export async function readConfig(json: Json, llmPath: string): Promise<MiniGPT4Config> {
  const vision = readEvaViTConfig(section(json, 'vision'), section(json, 'ln_vision'));
  const image = json.image === undefined ? {} : section(json, 'image');
  const lengths = json.max_txt_len === undefined ? {} : section(json, 'max_txt_len');
  const std = triple(image, 'std', clipPreprocess.std);
  if (std.some(deviation => deviation <= 0)) throw invalid('image.std', 'three positive numbers', std);
  const config: MiniGPT4Config = {
    vision,
    ...(json.qformer === undefined || json.qformer === null
      ? {}
      : { qformer: readQFormerConfig(section(json, 'qformer')) }),
    llm: typeof json.llm === 'object' ? readLlamaConfig(section(json, 'llm')) : await readLanguageConfig(llmPath),
    image: {
      size: vision.imageSize,
      mean: triple(image, 'mean', clipPreprocess.mean),
      std,
    },
    endSymbol: typeof json.end_sym === 'string' ? json.end_sym : '###',
    maxTextLength: { stage1: textLength(lengths, 'stage1', 32), stage2: textLength(lengths, 'stage2', 160) },
  };
  checkWidths(config);
  return config;
}

function readFiles(json: Json, directory: string): ModelFiles {
  const files = section(json, 'files');
  const path = (key: string) => {
    const value = files[key];
    if (typeof value === 'string') return resolve(directory, value);
    throw new MiniGPT4Error(
      'CONFIG_INVALID',
      `${join(directory, 'config.json')}: files.${key} is missing, expected a path relative to the directory, got ${JSON.stringify(value)}. Add it.`,
    );
  };
  return { vision: path('vision'), qformer: path('qformer'), projection: path('projection'), llm: path('llm') };
}

function section(json: Json, key: string): Json {
  const value = json[key];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw invalid(key, 'an object', value);
}

function textLength(json: Json, key: string, fallback: number): number {
  const value = json[key] ?? fallback;
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw invalid(`max_txt_len.${key}`, 'a positive integer', value);
}

function triple(
  json: Json,
  key: string,
  fallback: readonly [number, number, number],
): readonly [number, number, number] {
  const value = json[key] ?? fallback;
  if (Array.isArray(value) && value.length === 3 && value.every(entry => typeof entry === 'number')) {
    return value as unknown as readonly [number, number, number];
  }
  throw invalid(`image.${key}`, 'three numbers', value);
}

function invalid(key: string, expected: string, got: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'CONFIG_INVALID',
    `model configuration: "${key}" is not usable, expected ${expected}, got ${JSON.stringify(got)}. Correct config.json.`,
  );
}
