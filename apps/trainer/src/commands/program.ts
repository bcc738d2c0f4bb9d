import { Command } from 'commander';
import type { CommandContext, MakeCommand } from '../command-line/command-context.js';
import { configCommand } from './config-command.js';
import { dataCommand } from './data-command.js';
import { datasetCommand } from './dataset-command.js';
import { evaluateCommand } from './evaluate-command.js';
import { exportCommand } from './export-command.js';
import { featuresCommand } from './features-command.js';
import { reportCommand } from './report-command.js';
import { stageCommand } from './stage-command.js';

/** Every subcommand. */
const commands: readonly MakeCommand[] = [
  stageCommand('stage1'),
  stageCommand('stage2'),
  featuresCommand,
  exportCommand,
  evaluateCommand,
  reportCommand,
  dataCommand,
  datasetCommand,
  configCommand,
];

/** The whole command line. It throws commander's errors instead of ending the process. */
export function buildProgram(context: CommandContext): Command {
  const program = new Command('minigpt4-trainer')
    .description('Train the projection of MiniGPT-4 by the two stages of the paper.')
    .version(context.version, '--version', 'print the version')
    .addHelpText(
      'after',
      `
Examples:
  minigpt4-trainer stage1 --config tiny --data shards-{000000..000004}.tar
  minigpt4-trainer stage2 --config tiny --data folder-with-filter_cap.json`,
    );
  for (const make of commands) program.addCommand(make(context));
  quietly(program, context);
  return program;
}

/** Errors are for the caller to print; help is a result. */
function quietly(command: Command, context: CommandContext): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'print this help')
    .configureOutput({ writeOut: text => void context.stdout.write(text), writeErr: () => {} });
  for (const sub of command.commands) quietly(sub, context);
}
