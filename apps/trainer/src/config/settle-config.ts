import { type TrainingTemplate, trainingTemplates } from '@minigpt4/prompt-templates';
import type { ModelDescription } from 'minigpt4';
import { templateOfLanguageModel } from '../model/language-template.js';
import type { TrainConfig } from './train-config.js';

/** A configuration with nothing left to the model. */
export interface SettledConfig extends TrainConfig {
  readonly template: TrainingTemplate;
}

/**
 * The configuration with the language model's own prompt and end symbol where it leaves them to it: those of a chat
 * template in its files, else the end symbol of the model's `config.json` and the original's prompt for it.
 *
 * @throws `TEMPLATE_INVALID`
 */
export async function settleConfig(
  config: TrainConfig,
  { config: { endSymbol }, files }: Pick<ModelDescription, 'config' | 'files'>,
): Promise<SettledConfig> {
  const { prompt, endSymbol: end } = config.template;
  if (prompt !== null && end !== null) return { ...config, template: { prompt, endSymbol: end } };
  const known = Object.values(trainingTemplates).find(template => template.endSymbol === endSymbol);
  const own = (await templateOfLanguageModel(files.llm)) ?? known ?? { ...trainingTemplates.vicuna, endSymbol };
  return { ...config, template: { prompt: prompt ?? own.prompt, endSymbol: end ?? own.endSymbol } };
}
