import { fileURLToPath } from 'node:url';

/** The folder with the tiny model's `config.json` and checkpoints: a model directory like any other. */
export function weightsDirectory(): string {
  return fileURLToPath(new URL('../weights', import.meta.url));
}
