import { Command, Option } from 'commander';
import { type CommandContext, type MakeCommand, typedPath, writeJson } from '../command-line/command-context.js';
import { wholeNumber } from '../command-line/parse-values.js';
import type { TrainConfig } from '../config/train-config.js';
import { terminalProgress } from '../evaluate/output/terminal-progress.js';
import { addStageOptions, configFrom, type StageFlags } from './stage-options.js';

interface DoctorFlags extends StageFlags {
  readonly stage: TrainConfig['stage'];
  readonly against?: readonly string[];
  readonly previews: number;
  readonly json?: true;
  readonly quiet?: true;
}

/** `dataset`: looks at sets. */
export const datasetCommand: MakeCommand = context =>
  new Command('dataset').description('look at a set before it is trained on').addCommand(doctorCommand(context));

const doctorCommand: MakeCommand = context =>
  addStageOptions(
    new Command('doctor').description(
      'duplicates, broken samples, lengths, licences, what is learned, leaks into tests',
    ),
  )
    .addOption(
      new Option('--stage <name>', 'as which stage the labels are laid out')
        .choices(['stage1', 'stage2'])
        .default('stage1'),
    )
    .option('--against <path...>', 'test data that training must not have seen')
    .option('--previews <n>', 'samples whose labels are shown', wholeNumber(0), 3)
    .option('--json', 'print one JSON object')
    .option('--quiet', 'no progress')
    .addHelpText(
      'after',
      `
Examples:
  minigpt4-trainer dataset doctor --data my-pictures
  minigpt4-trainer dataset doctor --data shards-{000000..000004}.tar --against test.tar --json
  minigpt4-trainer dataset doctor --data folder-with-filter_cap.json --stage stage2`,
    )
    .action((flags: DoctorFlags) => runDoctor(flags, context));

async function runDoctor(flags: DoctorFlags, context: CommandContext): Promise<void> {
  // a doctor needs no projection to start from
  const { config } = configFrom(flags.stage, { ...flags, projection: 'random' }, context);
  const { examineDataset } = await import('../doctor/examine-dataset.js'); // the engine is large: not for --help
  const { examinationText, problemsOf } = await import('../doctor/examination-text.js');
  const progress = terminalProgress({ stderr: context.stderr, what: 'samples', quiet: flags.quiet ?? false });
  const found = await examineDataset({
    config,
    previews: flags.previews,
    signal: context.interrupted,
    onProgress: done => progress.update({ done }),
    ...(flags.against && { against: flags.against.map(path => typedPath(context, path)) }),
  }).finally(() => progress.finish());
  if (flags.json) return writeJson(context, { ...found, problems: problemsOf(found) });
  context.stdout.write(examinationText(found));
}
