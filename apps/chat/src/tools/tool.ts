import { Command, CommanderError } from 'commander';
import { asUsageError } from '../command-line/parse-command-line.js';
import type { Surroundings } from '../command-line/surroundings.js';

/** A command that does something else than chat: reads its own arguments, and returns the exit code. */
export type Tool = (args: readonly string[], surroundings: Surroundings) => Promise<number>;

/** The tools by the word that calls them; each is loaded when it is needed. */
export const tools: Readonly<Record<string, () => Promise<Tool>>> = {
  doctor: async () => (await import('./doctor.js')).doctor,
  'merge-delta': async () => (await import('./merge-delta.js')).mergeDeltaTool,
};

/** A command of commander's that says `--help` to `surroundings` and never exits. */
export function toolCommand(name: string, { stdout }: Surroundings): Command {
  return new Command(`minigpt4-chat ${name}`)
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ writeOut: text => void stdout.write(text), writeErr: () => {} });
}

/**
 * The flags of a tool, or undefined after `--help`.
 *
 * @throws `UNKNOWN_FLAG`, `INVALID_FLAG` or `UNEXPECTED_ARGUMENT`
 */
export function readFlags<Flags>(command: Command, args: readonly string[]): Flags | undefined {
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw asUsageError(error);
  }
  return command.opts() as Flags;
}
