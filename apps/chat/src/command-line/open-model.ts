import type { ChatModel } from 'minigpt4';
import type { ModelChoice } from './command.js';
import { downloadModel, isOnHub } from './download-model.js';
import type { Surroundings } from './surroundings.js';

/** Loads the chosen model, in this process or in one of its own; a person watching sees what is being loaded. */
export async function openModel(choice: ModelChoice, surroundings: Surroundings): Promise<ChatModel> {
  const { loadModel, startModel, stderr } = surroundings;
  const { source: typed, inProcess, ...load } = choice;
  const source = isOnHub(typed) ? await downloadModel(typed, surroundings) : typed;
  const onProgress = (message: string) => {
    if (stderr.isTTY) stderr.write(`${message}\n`);
  };
  return inProcess ? loadModel(source, { ...load, onProgress }) : startModel({ model: source, load, onProgress });
}
