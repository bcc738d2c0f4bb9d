import type { Readable, Writable } from 'node:stream';
import type { EngineOptions } from '@minigpt4/engine';
import type { ChatModel, LoadOptions } from 'minigpt4';

/** Everything a command touches outside itself, so that a test can stand in for the process. */
export interface Surroundings {
  /** Folder that relative paths start from. */
  readonly directory: string;
  /** Folder that holds the page's files. */
  readonly pageFolder: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Takes results only. */
  readonly stdout: Writable;
  /** Takes progress, prompts and errors. */
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Aborted by the first SIGINT or SIGTERM, or by EPIPE when nobody reads the results; that name is the reason. */
  readonly interrupted: AbortSignal;
  /** Loads a model in this process. */
  readonly loadModel: (source: string, options?: LoadOptions) => Promise<ChatModel>;
  /** Loads a model in a process of its own. */
  readonly startModel: (options: EngineOptions) => Promise<ChatModel>;
}

/** Exit code of a program that ended because `interrupted` was aborted: 128 plus the signal's number, or 0 without readers. */
export function interruptedExitCode(interrupted: AbortSignal): number {
  if (interrupted.reason === 'EPIPE') return 0;
  return interrupted.reason === 'SIGTERM' ? 143 : 130;
}
