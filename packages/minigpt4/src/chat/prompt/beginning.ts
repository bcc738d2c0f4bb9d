import { createConversation, type ChatTemplate, type Conversation } from '@minigpt4/prompt-templates';
import { templateFormat, type PromptFormat } from '../../language/prompt-format.js';

/** What a conversation begins with. */
export interface BeginningOptions {
  /** How turns become a prompt. Defaults to the model's own. */
  readonly template?: ChatTemplate;
  /** System text in place of the template's; a stranger's text, which forges no turn. Defaults to the template's. */
  readonly system?: string;
}

/** What a model's conversations are like where nothing else is asked for. */
export interface OwnConventions {
  /** Wins over the template. Absent where the template writes everything. */
  readonly format?: PromptFormat;
  /** Defaults to the first release's for Vicuna. */
  readonly template?: ChatTemplate;
}

/** An empty conversation and the format it is read in: the options', or the model's own. */
export function beginning(
  own: OwnConventions,
  { template, system }: BeginningOptions,
): { readonly conversation: Conversation; readonly format: PromptFormat } {
  const used = template ?? own.template;
  const conversation = createConversation({ ...(used && { template: used }), ...(system !== undefined && { system }) });
  return { conversation, format: (template === undefined ? own.format : undefined) ?? templateFormat };
}
