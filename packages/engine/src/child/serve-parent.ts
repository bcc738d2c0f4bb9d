import { constants, getPriority, setPriority } from 'node:os';
import { loadMiniGPT4 } from 'minigpt4';
import type { FromChild, LoadMessage, ToChild } from '../messages/messages.js';
import { sendableError } from '../messages/sent-error.js';
import { watchMemory } from './memory-watch.js';
import { ModelServer } from './model-server.js';

/** Exit code of a process that gave up over its memory limit. */
const overLimit = 12;

/** Loads the model that the parent names and answers its requests, until it says stop or goes away. */
export function serveParent(self: NodeJS.Process): void {
  // first of all, for threads to have it as well: the parent gets a processor when it wants one
  setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  let server: Promise<ModelServer | undefined> = Promise.resolve(undefined);
  const send = (message: FromChild, sent: () => void = () => {}) => void self.send?.(message, sent);
  const leave = (exitCode: number) => self.exit(exitCode);
  // a terminal interrupts parent and child alike, and a service is ended as a whole: the parent decides
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) self.on(signal, () => {});
  self.on('disconnect', () => leave(0));
  self.on('message', (message: ToChild) => {
    switch (message.type) {
      case 'load':
        server = load(message, send, leave);
        return;
      case 'measure':
        return send({ type: 'measured', request: message.request, residentBytes: self.memoryUsage.rss() });
      case 'stop':
        void server.then(loaded => loaded?.dispose()).finally(() => leave(0));
        return;
      default:
        void server.then(loaded => loaded && pass(message, loaded));
    }
  });
}

async function load(
  { model, options, memoryLimit }: LoadMessage,
  send: (message: FromChild, sent?: () => void) => void,
  leave: (exitCode: number) => void,
): Promise<ModelServer | undefined> {
  if (memoryLimit !== undefined) {
    watchMemory(memoryLimit, residentBytes => send({ type: 'leaving', residentBytes }, () => leave(overLimit)));
  }
  try {
    const loaded = await loadMiniGPT4(model, {
      ...options,
      concurrent: true,
      onProgress: message => send({ type: 'progress', message }),
    });
    const { name, config } = loaded;
    send({ type: 'loaded', name, config });
    return new ModelServer(loaded, send);
  } catch (error) {
    send({ type: 'unloadable', error: sendableError(error) }, () => leave(1));
    return undefined;
  }
}

type Request = Exclude<ToChild, { readonly type: 'load' | 'measure' | 'stop' }>;

function pass(message: Request, server: ModelServer): void {
  switch (message.type) {
    case 'part':
      return server.part(message.request, message.bytes);
    case 'encode':
      return server.encode(message);
    case 'ask':
      return server.ask(message);
    case 'more':
      return server.more(message.request, message.pieces);
    case 'cancel':
      return server.cancel(message.request);
    case 'forget':
      return server.forget(message.chat);
  }
}
