import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { Command } from 'commander';

/** Everything a command touches outside itself, so that a test can stand in for the process. */
export interface CommandContext {
  /** Folder that relative paths start from. */
  readonly directory: string;
  /** Version of this package. */
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Takes results only. */
  readonly stdout: Writable;
  /** Takes progress and warnings. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Aborted by the first SIGINT or SIGTERM; that name is the reason. */
  readonly interrupted: AbortSignal;
}

/** Makes one subcommand. Its action throws to fail; an interrupt is for it to notice. */
export type MakeCommand = (context: CommandContext) => Command;

/** An absolute path of something that was typed; addresses of the web stay as they are. */
export function typedPath({ directory }: CommandContext, path: string): string {
  return /^https?:\/\//u.test(path) ? path : resolve(directory, path);
}

/** Writes one JSON object, the whole result of a command. */
export function writeJson({ stdout }: CommandContext, result: unknown): void {
  stdout.write(`${JSON.stringify(result)}\n`);
}
