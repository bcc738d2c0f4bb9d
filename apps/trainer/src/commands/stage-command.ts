import { readdir } from 'node:fs/promises';
import { Command } from 'commander';
import { typedPath, type CommandContext, type MakeCommand, writeJson } from '../command-line/command-context.js';
import { terminalReporter } from '../command-line/terminal-reporter.js';
import type { TrainConfig } from '../config/train-config.js';
import { runDirectory } from '../run/run-directory.js';
import { stateNames } from '../run/resume-state.js';
import { addStageOptions, configFrom, defaultOutput, type StageFlags } from './stage-options.js';

interface RunFlags extends StageFlags {
  readonly output?: string;
  readonly resume?: true;
  readonly features?: string;
  readonly dryRun?: true;
  readonly json?: true;
  readonly quiet?: true;
}

const descriptions = {
  stage1: 'align pictures with words on short captions, without an instruction',
  stage2: 'learn to describe on curated descriptions after one of four instructions',
};

/** `stage1` or `stage2`: trains a projection. */
export function stageCommand(stage: TrainConfig['stage']): MakeCommand {
  return context =>
    addStageOptions(new Command(stage).description(descriptions[stage]))
      .option('--output <folder>', 'where the run goes (default: runs/NAME)')
      .option('--resume', 'go on where the run in the output folder was saved')
      .option('--features <folder>', "where features of pictures are kept (default: in the user's cache)")
      .option('--dry-run', 'print the configuration and stop')
      .option('--json', 'print one JSON object at the end')
      .option('--quiet', 'no progress')
      .addHelpText('after', examples(stage))
      .action((flags: RunFlags) => runStage(stage, flags, context));
}

function examples(stage: TrainConfig['stage']): string {
  const data = stage === 'stage1' ? 'shards-{000000..000004}.tar' : 'folder-with-filter_cap.json';
  return `
Examples:
  minigpt4-trainer ${stage} --config tiny --data ${data} --output runs/mine
  minigpt4-trainer ${stage} --config tiny --data ${data} --output runs/mine --resume
  minigpt4-trainer ${stage} --config minigpt4_${stage}.yaml --model ../vicuna-7b --dry-run`;
}

async function runStage(stage: TrainConfig['stage'], flags: RunFlags, context: CommandContext): Promise<void> {
  const { config, warnings } = configFrom(stage, flags, context);
  const reporter = terminalReporter({ stderr: context.stderr, quiet: flags.quiet ?? false });
  for (const warning of warnings) reporter.warn(warning);
  if (config.patience > 0 && config.validation.length === 0)
    reporter.warn('--patience does nothing without --validation');
  if (flags.dryRun) {
    context.stdout.write(`${JSON.stringify(config, null, flags.json ? 0 : 2)}\n`);
    return;
  }
  const output = flags.output === undefined ? defaultOutput(context, config.name) : typedPath(context, flags.output);
  const { train } = await import('../train.js'); // the engine is large: not for --help
  const result = await train(config, {
    output,
    resume: flags.resume ?? false,
    reporter,
    signal: context.interrupted,
    version: context.version,
    ...(flags.features === undefined ? {} : { features: typedPath(context, flags.features) }),
  })
    .catch(async (error: unknown) => {
      await sayHowToGoOn(output, context);
      throw error;
    })
    .finally(() => reporter.finish());
  if (flags.json) writeJson(context, { ...result, output });
  const { status, step, steps, projection } = result;
  if (status === 'interrupted') {
    context.stderr.write(
      `interrupted and saved after step ${step}/${steps}. The same command with --resume goes on.\n`,
    );
  } else {
    context.stderr.write(`${status} after step ${step}/${steps}: ${projection}\n`);
  }
}

/** After a failure: tells that not all is lost, if so. */
async function sayHowToGoOn(output: string, { stderr }: CommandContext): Promise<void> {
  const [newest] = stateNames(await readdir(runDirectory(output).resume).catch(() => []));
  const step = Number(newest?.match(/\d+/u)?.[0]);
  if (step > 0) stderr.write(`saved after step ${step}: --resume goes on from there.\n`);
}
