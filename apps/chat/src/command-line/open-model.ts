import type { ChatModel } from 'minigpt4';
import type { ModelChoice } from './command.js';
import type { Surroundings } from './surroundings.js';

/** Loads the chosen model, in this process or in one of its own; a person watching sees what is being loaded. */
export function openModel(choice: ModelChoice, { loadModel, startModel, stderr }: Surroundings): Promise<ChatModel> {
  const { source, inProcess, ...load } = choice;
  const onProgress = (message: string) => {
    if (stderr.isTTY) stderr.write(`${message}\n`);
  };
  return inProcess ? loadModel(source, { ...load, onProgress }) : startModel({ model: source, load, onProgress });
}
