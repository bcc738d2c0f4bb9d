import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { presetNames } from 'minigpt4';
import { typedPath, type CommandContext, type MakeCommand, writeJson } from '../command-line/command-context.js';
import { partOf, wholeNumber } from '../command-line/parse-values.js';
import { terminalReporter } from '../command-line/terminal-reporter.js';
import { defaultData } from '../data/default-data.js';

interface FeaturesFlags {
  readonly data?: readonly string[];
  readonly model: string;
  readonly features?: string;
  readonly part?: { readonly index: number; readonly of: number };
  readonly threads?: number;
  readonly json?: true;
  readonly quiet?: true;
}

/** `features`: computes what training reads of pictures, ahead of it. */
export const featuresCommand: MakeCommand = context =>
  new Command('features')
    .description('compute the features of pictures ahead of training; training does it too where they are missing')
    .option('--data <path...>', 'tars, folders or lists of pictures with captions')
    .option('--model <name|folder>', 'the frozen parts', 'tiny')
    .option('--features <folder>', "where they are kept (default: in the user's cache)")
    .option('--part <i/n>', 'only every n-th sample from the i-th on: several processes share the work', partOf)
    .option('--threads <n>', 'CPU threads of the engine', wholeNumber(1))
    .option('--json', 'print one JSON object at the end')
    .option('--quiet', 'no progress')
    .addHelpText(
      'after',
      `
Examples:
  minigpt4-trainer features --data shards-{000000..000004}.tar
  minigpt4-trainer features --data shards-{000000..000004}.tar --part 1/2 --features ../features`,
    )
    .action((flags: FeaturesFlags) => runFeatures(flags, context));

async function runFeatures(flags: FeaturesFlags, context: CommandContext): Promise<void> {
  const reporter = terminalReporter({ stderr: context.stderr, quiet: flags.quiet ?? false });
  const data = flags.data?.map(path => typedPath(context, path)) ?? defaultData('stage1', context.environment).training;
  const { computeFeatures } = await import('../features/compute-features.js'); // the engine is large: not for --help
  const result = await computeFeatures({
    data,
    model: presetNames().includes(flags.model) ? flags.model : typedPath(context, flags.model),
    threads: flags.threads ?? availableParallelism(),
    reporter,
    signal: context.interrupted,
    ...(flags.part ? { part: flags.part } : {}),
    ...(flags.features === undefined ? {} : { folder: typedPath(context, flags.features) }),
  }).finally(() => reporter.finish());
  if (flags.json) return writeJson(context, result);
  const { samples, encoded, seconds, folder } = result;
  context.stderr.write(`${samples} samples, ${encoded} pictures encoded in ${seconds.toFixed(1)} s: ${folder}\n`);
}
