import { basename, dirname, extname, resolve } from 'node:path';
import { describeModel, type ModelDescription, presetNames } from 'minigpt4';
import { templateOfLanguageModel } from './language-template.js';

/** Which frozen parts are meant. */
export interface FrozenParts {
  /** Preset name or model directory. */
  readonly model: string;
  /** A language model in place of the model's own: a GGUF file or a directory of Hugging Face. Null for the model's own. */
  readonly languageModel?: string | null;
  /** Path of a trained projection. Defaults to the model's own. */
  readonly projection?: string;
}

/**
 * A model's description, with another language model or projection in it. A GGUF file's chat template says how to talk
 * and the end symbol; the directory of a preset that needs one is where the language model lies.
 *
 * @throws the errors of `describeModel`, `TEMPLATE_INVALID`
 */
export async function describeFrozen({ model, languageModel, projection }: FrozenParts): Promise<ModelDescription> {
  const llm = typeof languageModel === 'string' ? resolve(languageModel) : undefined;
  const isElsewhere = model !== 'tiny' && presetNames().includes(model);
  const described = await describeModel(model, {
    ...(llm !== undefined && isElsewhere && { directory: dirname(llm) }),
    files: { ...(llm !== undefined && { llm }), ...(projection !== undefined && { projection }) },
  });
  const { config, files } = described;
  const isGguf = extname(files.llm).toLowerCase() === '.gguf';
  const template = isGguf ? await templateOfLanguageModel(files.llm) : undefined;
  return {
    ...described,
    name: llm === undefined || isElsewhere ? described.name : `${described.name} with ${basename(llm, '.gguf')}`,
    config: template === undefined ? config : { ...config, template: 'language-model', endSymbol: template.endSymbol },
  };
}
