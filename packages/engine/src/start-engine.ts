import { Engine, type EngineOptions } from './engine.js';

/**
 * Starts a process, loads the model in it and gives it the face of `MiniGPT4`.
 *
 * @throws `INVALID_OPTION`, the errors of `loadMiniGPT4`, or `ENGINE_CRASHED` when the process ends meanwhile
 *
 * @example
 * await using model = await startEngine({ model: 'tiny' });
 * console.log((await model.answer('cat.png', 'What is this?')).text);
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const engine = new Engine(options);
  await engine.start();
  return engine;
}
