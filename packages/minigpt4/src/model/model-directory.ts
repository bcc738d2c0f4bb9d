import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { weightsDirectory } from '@minigpt4/tiny';
import { isLanguageDirectory } from '../language/language-files.js';
import { describeOriginals } from '../originals/find-originals.js';
import { neededFiles } from '../originals/missing-files.js';
import { isOriginalPreset, originalPresets, type OriginalPresetName } from '../originals/presets.js';
import { describeSmol, needsDirectory, smolPreset } from '../originals/smol-preset.js';
import { resolved } from '../originals/resolved-files.js';
import type { DescribeOptions, ModelDescription, ModelFiles } from './model-description.js';
import { readConfig, section } from './read-config.js';
import { readJson, type Json } from './read-json.js';

/** Names that {@link describeModel} knows: `tiny` by itself, the others with a directory of their files. */
export function presetNames(): string[] {
  return ['tiny', smolPreset, ...Object.keys(originalPresets)];
}

/**
 * Describes a model by preset name or directory. A model directory holds a `config.json` with the sizes and, under
 * `files`, the checkpoints relative to it; or the original's downloads as they are, told by their content: the vision
 * encoder, BLIP-2's Q-Former, a MiniGPT-4 projection and a Hugging Face LLaMA, in it or one directory deeper.
 *
 * @throws `MODEL_NOT_FOUND` for neither a preset nor a directory of a model, `CONFIG_INVALID`, `CONFIG_MISMATCH`; for the
 * original's files `MODEL_FILES_MISSING` (which, and where one gets them), `MODEL_AMBIGUOUS`, `QFORMER_MISMATCH`
 *
 * @example
 * const description = await describeModel('vicuna-7b', { directory: '/models/minigpt4' });
 */
export async function describeModel(source: string, options: DescribeOptions = {}): Promise<ModelDescription> {
  if (source === smolPreset) return describeSmol(options);
  if (isOriginalPreset(source)) return describeOriginalPreset(source, options);
  const directory = resolve(options.directory ?? (source === 'tiny' ? weightsDirectory() : source));
  const described =
    (await describeConfigured(directory, options)) ?? (await describeOriginals({ ...options, directory }));
  if (described !== undefined) return { ...described, name: source === 'tiny' ? source : described.name };
  throw new MiniGPT4Error(
    'MODEL_NOT_FOUND',
    `model: nothing to load, expected a preset (${presetNames().join(', ')}), a directory with config.json or the original's files, or a GGUF file, got "${source}". Check the spelling or the path.`,
  );
}

/** A directory with a `config.json` of ours; undefined without one, as a directory of Hugging Face is. */
async function describeConfigured(
  directory: string,
  { files: given }: DescribeOptions,
): Promise<ModelDescription | undefined> {
  const path = join(directory, 'config.json');
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || (await isLanguageDirectory(directory))) return undefined;
  const json = await readJson(path);
  const named = readFiles(json, directory);
  const files = { ...named, ...resolved(given ?? {}, directory) };
  return { name: basename(directory), config: await readConfig(json, files.llm), files };
}

async function describeOriginalPreset(
  preset: OriginalPresetName,
  { directory, files }: DescribeOptions,
): Promise<ModelDescription> {
  if (directory === undefined) throw needsDirectory(preset, Object.values(neededFiles(originalPresets[preset])));
  const described = await describeOriginals({ directory, preset, ...(files && { files }) });
  return described!; // a preset's missing files are an error there
}

function readFiles(json: Json, directory: string): ModelFiles {
  const files = section(json, 'files');
  const withoutQFormer = (json.qformer === undefined || json.qformer === null) && files.qformer === undefined;
  const path = (key: string) => {
    const value = files[key];
    if (typeof value === 'string') return resolve(directory, value);
    throw new MiniGPT4Error(
      'CONFIG_INVALID',
      `${join(directory, 'config.json')}: files.${key} is missing, expected a path relative to the directory, got ${JSON.stringify(value)}. Add it.`,
    );
  };
  return {
    vision: path('vision'),
    ...(!withoutQFormer && { qformer: path('qformer') }),
    ...(files.projection !== undefined && { projection: path('projection') }),
    llm: path('llm'),
  };
}
