import { resolve } from 'node:path';
import {
  findLanguageFile,
  isLanguageDirectory,
  languageModelName,
  readLanguageConfig,
} from '../language/language-files.js';
import { describeModel, presetNames } from '../model/model-directory.js';
import { holdsOriginals } from '../originals/scan-directory.js';
import { isUntrained } from '../originals/smol-preset.js';
import type { DescribedSource, DiagnoseOptions } from './diagnose.js';

/**
 * What `loadMiniGPT4` would load of a source.
 *
 * @throws the errors of `describeModel`
 */
export async function describeSource(
  given: string,
  { from = '.', ...options }: DiagnoseOptions,
): Promise<DescribedSource> {
  const isPreset = presetNames().includes(given);
  const source = isPreset ? given : resolve(from, given);
  if (!isPreset) {
    const file = await findLanguageFile(source);
    const alone = file ?? ((await isLanguageDirectory(source)) ? source : undefined);
    if (alone !== undefined && !(await holdsOriginals(source))) {
      const name = languageModelName(source, alone);
      return { name, llmPath: alone, llm: await readLanguageConfig(alone) };
    }
  }
  const description = await describeModel(source, options);
  const { name, config, files } = description;
  const part = { name, llmPath: files.llm, llm: config.llm };
  return isUntrained(description) ? part : { ...part, whole: description };
}
