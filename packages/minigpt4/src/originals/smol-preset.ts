import { join, resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { weightsDirectory } from '@minigpt4/tiny';
import { languageModelTemplate } from '../config.js';
import type { DescribeOptions, ModelDescription } from '../model/model-description.js';
import { readConfig } from '../model/read-config.js';
import { readJson } from '../model/read-json.js';
import { choose } from './choose.js';
import { resolved } from './resolved-files.js';
import { scanDirectory } from './scan-directory.js';

/** The tiny model's eyes on a small language model of the world. */
export const smolPreset = 'smollm2-135m';

/** What a projection for it is called, if there are several. */
const projectionFile = 'minigpt4_smollm2_135m.pth';

const needed = [
  'SmolLM2-135M-Instruct.Q4_1.gguf or another GGUF file of it (HuggingFaceTB/SmolLM2-135M-Instruct)',
  `${projectionFile}, a projection of width 128 -> 576, if pictures are wanted: train one`,
];

/**
 * SmolLM2-135M-Instruct behind the vision encoder and Q-Former of the tiny model. The directory holds its GGUF file and,
 * once one was trained, a projection.
 *
 * @throws `MODEL_NOT_FOUND` without a directory, `MODEL_FILES_MISSING`, `MODEL_AMBIGUOUS`, the errors of `readConfig`
 */
export async function describeSmol({ directory, files = {} }: DescribeOptions): Promise<ModelDescription> {
  if (directory === undefined) throw needsDirectory(smolPreset, needed);
  const given = resolved(files, directory);
  const found = await scanDirectory(resolve(directory));
  const llm = given.llm ?? choose('language model', found.languageModels, []);
  if (llm === undefined) {
    throw new MiniGPT4Error(
      'MODEL_FILES_MISSING',
      `${resolve(directory)}: the language model is missing, expected ${needed[0]}, got no GGUF file. Put it into the directory.`,
    );
  }
  const tiny = await readJson(join(weightsDirectory(), 'config.json'));
  const config = await readConfig({ ...tiny, llm: undefined, template: languageModelTemplate }, llm);
  const trained = found.checkpoints.filter(({ projectionShape }) => projectionShape?.[0] === config.llm.width);
  const projection = choose(
    'projection',
    trained.map(({ path }) => path),
    [projectionFile],
  );
  return {
    name: smolPreset,
    config,
    files: {
      vision: join(weightsDirectory(), 'eva_vit_tiny.pth'),
      qformer: join(weightsDirectory(), 'blip2_tiny.pth'),
      ...(projection !== undefined && { projection }),
      ...given,
      llm,
    },
  };
}

/** The error for a preset that was asked for by name alone. */
export function needsDirectory(preset: string, files: readonly string[]): MiniGPT4Error {
  return new MiniGPT4Error(
    'MODEL_NOT_FOUND',
    `${preset}: its files are not part of this package, expected a directory that holds\n${files
      .map(line => `  ${line}`)
      .join('\n')}\ngot none. Name the directory instead of the preset, or beside it as the option directory.`,
  );
}

/** True for this preset while nobody has trained a projection for it: it reads text alone then. */
export function isUntrained({ name, files }: ModelDescription): boolean {
  return name === smolPreset && files.projection === undefined;
}
