import { once } from 'node:events';
import type { ServeCommand } from './command.js';
import { listen } from '../server/listen.js';
import { openModel } from './open-model.js';
import { chatServer } from '../server/chat-server.js';
import { readPage } from '../server/page.js';
import { interruptedExitCode, type Surroundings } from './surroundings.js';

/**
 * Serves the page until interrupted. The only line on `stdout` is the URL, written when the page can be used.
 *
 * @returns the exit code
 */
export async function serve(command: ServeCommand, surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, interrupted, pageFolder } = surroundings;
  const { host, port, settings } = command;
  const page = await readPage(pageFolder);
  stderr.write(`Loading ${command.model.source} ...\n`);
  await using model = await openModel(command.model, surroundings);

  const log = (line: string) => void stderr.write(`${line}\n`);
  // a process of its own computes several answers together, this one would stand still for each
  const atOnce = command.model.inProcess ? 1 : 4;
  const server = chatServer({ model, page, host, settings, log, atOnce });
  const listening = await listen({ fetch: request => server.app.fetch(request), host, port });
  stdout.write(`${listening.url}\n`);
  stderr.write(`${model.name} is ready. Open the address above in a browser; Ctrl-C stops.\n`);

  if (!interrupted.aborted) await once(interrupted, 'abort');
  await listening.close();
  await server.close();
  return interruptedExitCode(interrupted);
}
