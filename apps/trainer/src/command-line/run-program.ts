import { isMiniGPT4Error } from '@minigpt4/core';
import { CommanderError } from 'commander';
import { buildProgram } from '../commands/program.js';
import type { CommandContext } from './command-context.js';

/** An error as a user or a program sees it; never a stack trace. */
interface ErrorReport {
  /** Literal to branch on; `INTERNAL` for an error nobody threw on purpose. */
  readonly code: string;
  readonly message: string;
}

/** Codes of errors that the command line itself is to blame for. */
const usageCodes = new Set(['USAGE', 'CONFIG_UNKNOWN']);

/**
 * Does what the arguments say. Failures are one sentence on `stderr`, or with `--json` one `{"error":{code,message}}`
 * on `stdout`.
 *
 * @returns the exit code: 0, 1 for a failure, 2 for a wrong command line, 130 or 143 after a signal
 */
export async function runProgram(args: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, interrupted } = context;
  try {
    await buildProgram(context).parseAsync([...args], { from: 'user' });
    return interrupted.aborted ? interruptedExitCode(interrupted) : 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const report = reportOf(error, interrupted);
    if (args.includes('--json')) stdout.write(`${JSON.stringify({ error: report })}\n`);
    else stderr.write(`minigpt4-trainer: ${report.message} (${report.code})\n`);
    if (interrupted.aborted) return interruptedExitCode(interrupted);
    return usageCodes.has(report.code) ? 2 : 1;
  }
}

function reportOf(error: unknown, interrupted: AbortSignal): ErrorReport {
  if (isMiniGPT4Error(error)) return { code: error.code, message: error.message };
  if (interrupted.aborted) {
    const message =
      'interrupted before training began; features encoded so far are kept. Run the same command to go on.';
    return { code: 'INTERRUPTED', message };
  }
  if (error instanceof CommanderError) {
    const text = error.message.replace(/^error: /u, '').replaceAll('\n', ' ');
    return { code: 'USAGE', message: `${/[.?)]$/u.test(text) ? text : `${text}.`} See --help.` };
  }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

/** 128 and the signal's number, or 0 where nobody reads the results any more. */
function interruptedExitCode({ reason }: AbortSignal): number {
  if (reason === 'EPIPE') return 0;
  return reason === 'SIGTERM' ? 143 : 130;
}
