import type { TrainingTemplate } from '@minigpt4/prompt-templates';
import { loadLanguageTokenizer, readChatTemplate } from 'minigpt4/language';

/**
 * What stands around an instruction in training, written by the chat template in a language model's files, and the
 * end-of-sequence token that ends its answers. Undefined for a language model without such a template.
 *
 * @throws `TEMPLATE_INVALID`, errors of `loadLanguageTokenizer`
 */
export async function templateOfLanguageModel(path: string): Promise<TrainingTemplate | undefined> {
  const tokenizer = await loadLanguageTokenizer(path);
  const render = await readChatTemplate(path, tokenizer);
  if (render === undefined) return undefined;
  return {
    prompt: render([{ role: 'user', content: '{}' }]),
    endSymbol: tokenizer.decode([tokenizer.eosId], { skipSpecial: false }),
  };
}
