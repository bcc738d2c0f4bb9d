import { MiniGPT4Error } from '@minigpt4/core';

/** How a process ended. */
export interface ProcessEnd {
  /** Exit code; null after a signal. */
  readonly exitCode: number | null;
  /** Signal such as `SIGKILL`; null after an exit. */
  readonly signal: string | null;
}

/** The model's process ended while a request was in it. Its chats are kept: the next request starts it anew. */
export class EngineCrashedError extends MiniGPT4Error<'ENGINE_CRASHED'> implements ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;

  constructor(message: string, { exitCode, signal }: ProcessEnd, options?: ErrorOptions) {
    super('ENGINE_CRASHED', message, options);
    this.exitCode = exitCode;
    this.signal = signal;
  }
}

/** What is known of a process that has ended. */
export interface LastWords extends ProcessEnd {
  /** The end of what it wrote to standard error. */
  readonly stderr: string;
  /** Resident bytes it announced when it ended itself over the limit. */
  readonly residentBytes: number | undefined;
  /** The limit in bytes. */
  readonly memoryLimit: number | undefined;
}

const again = 'Ask again: the next request starts it anew';

/** Says why a process ended and what helps. */
export function describeCrash(words: LastWords): EngineCrashedError {
  const { exitCode, signal, stderr } = words;
  const cause = stderr.trim() === '' ? undefined : new Error(`standard error of the process: ${stderr.trim()}`);
  return new EngineCrashedError(`engine: ${reason(words)}`, { exitCode, signal }, { cause });
}

function reason({ exitCode, signal, stderr, residentBytes, memoryLimit }: LastWords): string {
  const inMegabytes = (bytes = 0) => Math.round(bytes / 2 ** 20);
  if (residentBytes !== undefined) {
    return `the model's process ended itself for lack of memory, expected at most ${inMegabytes(memoryLimit)} MiB, got ${inMegabytes(residentBytes)} MiB. ${again}, with fewer chats at once (maxConcurrent, chatMemoryMb) or a higher memoryLimitMb.`;
  }
  const end = signal === null ? `exit code ${exitCode}` : signal;
  if (/heap out of memory|allocation fail|bad_alloc/i.test(stderr)) {
    return `the model's process ran out of memory, expected it to go on, got ${end}. ${again}, with fewer chats at once (maxConcurrent, chatMemoryMb) or a smaller model.`;
  }
  const hint =
    signal === 'SIGKILL'
      ? ', and see whether the system ended it for lack of memory'
      : ', and see the cause of this error';
  return `the model's process ended, expected it to go on, got ${end}. ${again}${hint}.`;
}
