import { failureExitCode, reportError, type ErrorReport } from '../error-report.js';
import { parseCommandLine } from './parse-command-line.js';
import { tools } from '../tools/tool.js';
import { interruptedExitCode, type Surroundings } from './surroundings.js';

const interruption: ErrorReport = { code: 'INTERRUPTED', message: 'interrupted before there was an answer.' };

async function runCommand(args: readonly string[], version: string, surroundings: Surroundings): Promise<number> {
  const { directory, stdout } = surroundings;
  const [name = '', ...rest] = args;
  if (Object.hasOwn(tools, name)) return (await tools[name]!())(rest, surroundings);
  const command = parseCommandLine(args, { directory, version, write: text => void stdout.write(text) });
  // each loads only what it needs: help comes at once, and one answer without a server
  switch (command?.kind) {
    case 'ask':
      return (await import('./ask-once.js')).askOnce(command, surroundings);
    case 'terminal':
      return (await import('./terminal-chat.js')).terminalChat(command, surroundings);
    case 'serve':
      return (await import('./serve.js')).serve(command, surroundings);
    case undefined:
      return 0;
  }
}

/**
 * Does what the arguments say. Failures are one sentence on `stderr`, or with `--json` one `{"error":{code,message}}`
 * on `stdout`.
 *
 * @returns the exit code: 0, 1 for a failure, 2 for a wrong command line, 130 or 143 after a signal
 */
export async function runCommandLine(
  args: readonly string[],
  version: string,
  surroundings: Surroundings,
): Promise<number> {
  const { stdout, stderr, interrupted } = surroundings;
  try {
    return await runCommand(args, version, surroundings);
  } catch (error) {
    const report = interrupted.aborted ? interruption : reportError(error);
    if (args.includes('--json')) stdout.write(`${JSON.stringify({ error: report })}\n`);
    else stderr.write(`minigpt4-chat: ${report.message} (${report.code})\n`);
    return interrupted.aborted ? interruptedExitCode(interrupted) : failureExitCode(report);
  }
}
