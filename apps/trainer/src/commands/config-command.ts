import { Argument, Command } from 'commander';
import { type CommandContext, type MakeCommand, writeJson } from '../command-line/command-context.js';
import { flattened } from '../config/resolve-config.js';
import type { TrainConfig } from '../config/train-config.js';
import { addStageOptions, configFrom, type StageFlags } from './stage-options.js';

interface PrintFlags extends StageFlags {
  readonly json?: true;
}

/** `config print`: the configuration of a stage and where each value comes from. */
export const configCommand: MakeCommand = context => {
  const print = addStageOptions(
    new Command('print').description('every value of a configuration and where it comes from'),
  )
    .addArgument(new Argument('<stage>').choices(['stage1', 'stage2']))
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  minigpt4-trainer config print stage1 --data shards.tar
  minigpt4-trainer config print stage2 --config minigpt4_stage2_finetune.yaml --projection stage1.pth --json`,
    )
    .action((stage: TrainConfig['stage'], flags: PrintFlags) => printConfig(stage, flags, context));
  return new Command('config').description('look at configurations').addCommand(print);
};

function printConfig(stage: TrainConfig['stage'], flags: PrintFlags, context: CommandContext): void {
  const { config, sources, warnings } = configFrom(stage, flags, context);
  for (const warning of warnings) context.stderr.write(`warning: ${warning}\n`);
  const values = Object.entries(flattened(config)).map(([name, value]) => ({
    name,
    value,
    source: sources.get(name) ?? 'default',
  }));
  if (flags.json) return writeJson(context, values);
  const width = Math.max(...values.map(({ name }) => name.length));
  for (const { name, value, source } of values) {
    context.stdout.write(`${name.padEnd(width)}  ${JSON.stringify(value)}  (${source})\n`);
  }
}
