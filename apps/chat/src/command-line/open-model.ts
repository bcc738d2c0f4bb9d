import type { ModelChoice } from './command.js';
import type { MiniGPT4 } from 'minigpt4';
import type { Surroundings } from './surroundings.js';

/** Loads the chosen model; a person watching sees what is being loaded. */
export function openModel(choice: ModelChoice, { loadModel, stderr }: Surroundings): Promise<MiniGPT4> {
  const { source, ...options } = choice;
  const onProgress = (message: string) => {
    if (stderr.isTTY) stderr.write(`${message}\n`);
  };
  return loadModel(source, { ...options, onProgress });
}
